// Recognizes numbers at the front of a formula: mixed and repeating numbers, other bases. Used only by
// latex_expression.
#pragma once

#include <string_view>

namespace hrm::grading {

// Thrown if a notation has no single meaning.
struct LatexRefused {};

inline constexpr std::string_view kDecimalDigits = "0123456789";

// The letters of 5th.
bool is_ordinal(std::string_view letters);

// Digits of a proper fraction; with an improper one it is ambiguous whether a number before it is added.
bool is_proper_fraction(std::string_view above, std::string_view below);

// Whether both arguments of the \frac at the front are digits. Throws LatexRefused for an improper fraction.
bool is_whole_fraction(std::string_view text);

// The same of {1 \over 2}.
bool is_whole_over(std::string_view text);

// Whether the text starts with "(6)" or "(4/5)".
bool is_digits_in_brackets(std::string_view text);
bool is_fraction_in_brackets(std::string_view text);

// Whether the front is a number with letters among its digits, 1F_{16}.
bool is_based_with_letters(std::string_view text);

}  // namespace hrm::grading
