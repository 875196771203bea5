// Exact fractions of 64-bit integers; every operation says where its result does not fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hrm::grading {

struct SmallFraction {
  int64_t above = 0, below = 1;  // below > 0, in lowest terms
  friend bool operator==(const SmallFraction&, const SmallFraction&) = default;
};

using MaybeFraction = std::optional<SmallFraction>;  // nullopt: does not fit

MaybeFraction parse_fraction(std::string_view decimal);  // digits with at most one point
MaybeFraction add(const SmallFraction& a, const SmallFraction& b);
MaybeFraction multiply(const SmallFraction& a, const SmallFraction& b);
MaybeFraction invert(const SmallFraction& a);  // nullopt also for 0
MaybeFraction power(const SmallFraction& a, int64_t exponent);
inline SmallFraction negate(const SmallFraction& a) { return {-a.above, a.below}; }

}  // namespace hrm::grading
