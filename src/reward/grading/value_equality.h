// Equality of two values in LaTeX or plain notation, in every reading that the notation leaves open.
#pragma once

#include <optional>
#include <string_view>

#include "grading/deadline.h"
#include "grading/grade.h"

namespace hrm::grading {

// Undecided: one cannot be read, the readings differ, or algebra gives up.
Verdict compare_values(std::string_view given, std::string_view gold, const Deadline& deadline);

// Correct: both have the same zeros, since one is a multiple of the other by a number. Else undecided.
Verdict compare_zeros(std::string_view given, std::string_view gold, const Deadline& deadline);

// Whether the text is an expression of numbers only; about its value, if it is real.
bool is_number(std::string_view text);
std::optional<double> about(std::string_view text);

}  // namespace hrm::grading
