#include "base/rng.h"

#include <bit>
#include <cassert>
#include <cmath>

namespace hrm {
namespace {

// Inverse of the standard normal distribution function: Acklam's rational approximation (relative error 1.15e-9),
// then one Halley step, which leaves rounding error only.
double inverse_normal(double p) {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
                          -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
  constexpr double kTail = 0.02425;
  const auto tail = [&](double q) {
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
           ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  };
  double x;
  if (p < kTail) {
    x = tail(std::sqrt(-2 * std::log(p)));
  } else if (p > 1 - kTail) {
    x = -tail(std::sqrt(-2 * std::log1p(-p)));
  } else {
    const double q = p - 0.5, r = q * q;
    x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
        (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
  }
  const double error = 0.5 * std::erfc(-x / std::sqrt(2.0)) - p;
  const double u = error * std::sqrt(2 * M_PI) * std::exp(x * x / 2);
  return x - u / (1 + x * u / 2);
}

}  // namespace

uint64_t splitmix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

uint64_t derive_seed(uint64_t seed, std::initializer_list<uint64_t> coordinates) {
  uint64_t mixed = splitmix64(splitmix64(seed) ^ coordinates.size());
  for (uint64_t c : coordinates) mixed = splitmix64(mixed ^ c);  // not of splitmix64(c): (a, b) would equal (b, a)
  return mixed;
}

Rng::Rng(uint64_t seed) {
  for (uint64_t i = 0; i < state_.size(); ++i) state_[i] = splitmix64(seed + i * 0x9E3779B97F4A7C15u);
}

uint64_t Rng::next() {
  auto& s = state_;
  const uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
  const uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return result;
}

uint64_t Rng::below(uint64_t n) {
  assert(n > 0);
  const uint64_t reject = (0 - n) % n;  // 2^64 mod n values would be favored
  for (;;) {
    const uint64_t x = next();
    if (x >= reject) return x % n;
  }
}

double Rng::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

double Rng::normal() { return inverse_normal((static_cast<double>(next() >> 12) + 0.5) * 0x1p-52); }

double Rng::truncated_normal() {
  // P(X < -2) and the deviation of a standard normal cut at +-2.
  constexpr double kLower = 0.022750131948179195, kDeviation = 0.87962566103423978;
  const double u = (static_cast<double>(next() >> 12) + 0.5) * 0x1p-52;
  return inverse_normal(kLower + u * (1 - 2 * kLower)) / kDeviation;
}

}  // namespace hrm
