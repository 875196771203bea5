// The Beta distribution: its distribution function and quantiles, for intervals of a proportion.
#pragma once

namespace hrm {

// log |Gamma(x)|, from any thread: std::lgamma writes a global sign.
double log_gamma(double x);

// Regularized incomplete beta function I_x(a, b), the probability that a Beta(a, b) variable is at most x; by the
// continued fraction (Abramowitz and Stegun 26.5.8), to about 1e-14. REQUIRES: 0 <= x <= 1, a > 0, b > 0.
double incomplete_beta(double x, double a, double b);

// The x with I_x(a, b) = p, by bisection to the last bits of x. REQUIRES: 0 <= p <= 1, a > 0, b > 0.
double beta_quantile(double p, double a, double b);

}  // namespace hrm
