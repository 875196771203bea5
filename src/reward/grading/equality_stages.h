// The stages of compare() (equality.h), in their order. Each says kUnknown where it does not reach.
#pragma once

#include <optional>
#include <vector>

#include "grading/equality.h"
#include "grading/exact_library.h"

namespace hrm::grading {

Equality compare_fractions(const Expression& expression, int left, int right);
Equality compare_polynomials(const ExactLibrary& library, const Expression& expression, int left, int right,
                             const Deadline& deadline);
Equality compare_balls(const ExactLibrary& library, const Expression& expression, int left, int right,
                       const Deadline& deadline);

// The nodes that a node needs, itself too.
std::vector<bool> needed_by(const Expression& expression, int left, int right);

// The exponent of a kPower node as a whole number, its minus sign too; nullopt: it is none, or beyond +-`most`.
std::optional<long> whole_exponent(const Expression& expression, int node, long most);

}  // namespace hrm::grading
