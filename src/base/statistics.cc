#include "base/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace hrm {
namespace {

constexpr double kZ = 1.959963984540054;  // 97.5 % point of the standard normal

}  // namespace

Interval wilson95(uint64_t successes, uint64_t n) {
  assert(successes <= n);
  if (n == 0) return {};
  const auto count = static_cast<double>(n);
  const double p = static_cast<double>(successes) / count, z2 = kZ * kZ;
  const double centre = (p + z2 / (2 * count)) / (1 + z2 / count);
  const double half = kZ / (1 + z2 / count) * std::sqrt(p * (1 - p) / count + z2 / (4 * count * count));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Interval mean95(double sum, double sum_of_squares, uint64_t n) {
  if (n == 0) return {0, 0};
  const auto count = static_cast<double>(n);
  const double mean = sum / count;
  if (n < 2) return {mean, mean};
  const double variance = std::max(0.0, (sum_of_squares - sum * mean) / (count - 1));
  const double half = kZ * std::sqrt(variance / count);
  return {mean - half, mean + half};
}

}  // namespace hrm
