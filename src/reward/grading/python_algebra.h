// Whether sympy finds gold - given to be zero, the way the PRM800K grader asks: both read as Python expressions with
// implied products, multi-letter names split into letters (`no` is n*o), `pi`, `sqrt`, `ln`, `oo` known.
#pragma once

#include <string_view>

#include "grading/deadline.h"
#include "grading/prm800k.h"

namespace hrm::grading {

Algebra compare_python(std::string_view gold, std::string_view given, const Deadline& deadline);

// More than two different letters (sqrt and frac aside), an exponent in brackets, of two digits, or a tower.
bool refuses_algebra(std::string_view expression);

}  // namespace hrm::grading
