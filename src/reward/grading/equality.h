// Whether an expression is zero.
//
//   numbers only           exact fractions of 64 bits
//   rational functions     over the rationals with FLINT: numerator of the whole equal to zero, exact.
//                          Sizes are bounded first: terms, degree, bits
//   anything else          complex balls (Arb) with 128, then 512 bits, at seeded points where every symbol
//                          is a real number: in (0, 1), in (1, 2), in (-2, -1). A ball without zero proves
//                          that the value is not zero; zero within 2^-256 at each point counts as zero
//
// A difference only at points where the value of one side is not real (a logarithm's or root's domain) leaves it
// undecided. Removable gaps do not count: (x^2-1)/(x-1) equals x+1.
#pragma once

#include "grading/deadline.h"
#include "grading/expression.h"

namespace hrm::grading {

enum class Equality {
  kEqual,
  kDifferent,
  kUndefined,  // division by zero, infinity: no value at all
  kUnknown,    // too large, too slow, not separated from zero
  kNeedsLibrary,
};

// left - right, two nodes of the expression.
Equality compare(const Expression& expression, int left, int right, const Deadline& deadline);

}  // namespace hrm::grading
