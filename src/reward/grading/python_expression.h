// Python source with implied products, as sympy's parser reads it for the PRM800K grader: letters of a name are factors
// (`no` is n*o) unless the name is known, digits in a name too, `1/2x` is (1/2)*x, `x^2y` is x^2*y.
#pragma once

#include <string_view>

#include "grading/expression.h"

namespace hrm::grading {

// The node of the whole text, or -1 where Python refuses it or its value is not a number (a tuple, a comparison). `^`
// is a power. Throws GaveUp beyond the bounds of Expression.
int parse_python(std::string_view text, Expression& expression);

}  // namespace hrm::grading
