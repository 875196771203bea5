// An answer taken apart before its value is asked for: the "x =" before it, the unit behind it, and the rest in one
// spelling (no spacing macros, no \left, no signs of money, percent or degrees, \dfrac as \frac, × as *, `or` as a
// comma, 1,234 as 1234). Any bytes; linear time; never throws.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hrm::grading {

struct AnswerForm {
  std::string body;
  std::string prefix;  // "x", "f(x)"; empty: none
  std::string unit;    // "cm", "squareunit"; small letters, no plural s
};

AnswerForm take_apart(std::string_view answer);

// The text without blanks, except between digits.
std::string squeezed(std::string_view text);

// Commas (or another mark) outside of brackets and braces separate the parts. One part: there is none.
std::vector<std::string_view> split_outside(std::string_view text, std::string_view mark);

// Letters and blanks alone, at least two letters in a row: a word, a name.
bool is_words(std::string_view text);

}  // namespace hrm::grading
