#include "grading/small_fraction.h"

namespace hrm::grading {
namespace {

__extension__ typedef __int128 Wide;

// Both within +-(2^63 - 1), so that negation always fits.
MaybeFraction reduced(Wide above, Wide below) {
  Wide a = above < 0 ? -above : above, b = below;
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  if (a > 1) {
    above /= a;
    below /= a;
  }
  const Wide most = INT64_MAX;
  if (above > most || above < -most || below > most) return std::nullopt;
  return SmallFraction{static_cast<int64_t>(above), static_cast<int64_t>(below)};
}

}  // namespace

MaybeFraction parse_fraction(std::string_view decimal) {
  int64_t above = 0, below = 1;
  bool behind_point = false;
  for (const char c : decimal) {
    if (c == '.') {
      behind_point = true;
      continue;
    }
    if (above > INT64_MAX / 10 - 1 || below > INT64_MAX / 10) return std::nullopt;
    above = above * 10 + (c - '0');
    if (behind_point) below *= 10;
  }
  return reduced(above, below);
}

MaybeFraction add(const SmallFraction& a, const SmallFraction& b) {
  const Wide left = Wide{a.above} * b.below,  // below 2^126 each
      right = Wide{b.above} * a.below;
  return reduced(left + right, Wide{a.below} * b.below);
}

MaybeFraction multiply(const SmallFraction& a, const SmallFraction& b) {
  return reduced(Wide{a.above} * b.above, Wide{a.below} * b.below);
}

MaybeFraction invert(const SmallFraction& a) {
  if (a.above == 0) return std::nullopt;
  return a.above < 0 ? SmallFraction{-a.below, -a.above} : SmallFraction{a.below, a.above};
}

MaybeFraction power(const SmallFraction& a, int64_t exponent) {
  if (exponent < 0) {
    const auto inverse = invert(a);
    return inverse && exponent > INT64_MIN ? power(*inverse, -exponent) : std::nullopt;
  }
  SmallFraction result{1, 1}, square = a;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) {
      const auto product = multiply(result, square);
      if (!product) return std::nullopt;
      result = *product;
    }
    if (exponent == 1) break;
    const auto next = multiply(square, square);
    if (!next) return std::nullopt;
    square = *next;
  }
  return result;
}

}  // namespace hrm::grading
