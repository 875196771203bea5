#include "base/beta.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hrm {
namespace {

TEST(IncompleteBeta, KnownForms) {
  for (const double x : {0.0, 1e-9, 0.1, 0.5, 0.77, 1.0}) {
    EXPECT_NEAR(incomplete_beta(x, 1, 1), x, 1e-14);
    EXPECT_NEAR(incomplete_beta(x, 3, 1), std::pow(x, 3), 1e-14);
    EXPECT_NEAR(incomplete_beta(x, 1, 4), 1 - std::pow(1 - x, 4), 1e-14);
    EXPECT_NEAR(incomplete_beta(x, 0.5, 0.5), 2 / M_PI * std::asin(std::sqrt(x)), 1e-14);
    EXPECT_NEAR(incomplete_beta(x, 2.5, 7) + incomplete_beta(1 - x, 7, 2.5), 1, 1e-13);
  }
  // A binomial tail: P(at least 3 of 10 at 0.3).
  double tail = 1;
  for (int k = 0; k < 3; ++k)
    tail -=
        std::exp(std::lgamma(11) - std::lgamma(k + 1) - std::lgamma(11 - k)) * std::pow(0.3, k) * std::pow(0.7, 10 - k);
  EXPECT_NEAR(incomplete_beta(0.3, 3, 8), tail, 1e-13);
}

TEST(BetaQuantile, InvertsTheDistribution) {
  for (const double a : {0.5, 1.0, 3.5, 862.5, 1e6})
    for (const double b : {0.5, 1.0, 8.0, 2263.5})
      for (const double p : {0.025, 0.5, 0.975}) {
        const double x = beta_quantile(p, a, b);
        if (x > 0 && 1 - x > 1e-9) {
          EXPECT_NEAR(incomplete_beta(x, a, b), p, 1e-7) << a << " " << b << " " << p;
        }
      }
  EXPECT_NEAR(beta_quantile(0.975, 1, 1), 0.975, 1e-14);
  EXPECT_NEAR(beta_quantile(0.025, 1, 4), 1 - std::pow(0.975, 0.25), 1e-14);
  EXPECT_EQ(beta_quantile(0, 2, 3), 0);
  EXPECT_EQ(beta_quantile(1, 2, 3), 1);
}

}  // namespace
}  // namespace hrm
