// Answers that are words: names, days, kinds of curves, yes and no.
#pragma once

#include <string_view>

#include "grading/grade.h"

namespace hrm::grading {

// Correct: the same words, capitals aside; letters that may be a product (xy and XY) are undecided. Wrong: two members
// of one class that exclude each other (Monday and Tuesday, yes and no, ellipse and parabola), or two capitalized names
// that share nothing. Else undecided: "none" may mean "no solution".
Verdict compare_words(std::string_view given, std::string_view gold);

// "five" is "5"; empty: it is not such a word.
std::string_view number_of_word(std::string_view word);

// "none of these" and "infinitely many" are not names of things.
bool is_name(std::string_view word);

}  // namespace hrm::grading
