// The stages of compare() (equality.h), in their order. Each says kUnknown where it does not reach.
#pragma once

#include <optional>
#include <vector>

#include "grading/equality.h"
#include "grading/exact_library.h"

namespace hrm::grading {

// Are these two nodes equal?
struct Equation {
  const Expression& expression;
  int left, right;
};
Equality compare_fractions(const Equation& equation);
Equality compare_polynomials(const ExactLibrary& library, const Equation& equation, const Deadline& deadline);
Equality compare_balls(const ExactLibrary& library, const Equation& equation, const Deadline& deadline);

// The nodes that the two need, themselves too.
std::vector<bool> needed_by(const Equation& equation);

// The exponent of a kPower node as a whole number, its minus sign too; nullopt: it is none, or beyond +-`most`.
std::optional<long> whole_exponent(const Expression& expression, int node, long most);

}  // namespace hrm::grading
