// Equality of two values with their units.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grading/deadline.h"
#include "grading/grade.h"
#include "grading/quantity.h"

namespace hrm::grading {

// A unit that only one side names is not required, unless another unit of its kind, or its meaning as a number (50\%
// is 0.5, 180 degrees is \pi), makes the two equal. Units of one kind are converted; others stay undecided. Labels are
// not looked at.
Verdict compare_quantities(const Quantity& given, const Quantity& gold, const Deadline& deadline);

// "(a)/(b)". REQUIRES: two parts.
std::string as_quotient(const std::vector<std::string_view>& parts);

}  // namespace hrm::grading
