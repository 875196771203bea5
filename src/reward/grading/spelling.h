// An answer in one spelling, before its parts are looked at: what is written in several ways is written in one, and
// nothing that bears on the value is lost.
//
//   gone      dollar signs around formulas, Markdown's emphasis, \left \right, sizes, \displaystyle, \boxed, a full
//   stop after,
//             spacing macros (a blank stays)
//   renamed   \dfrac as \frac, \cdot and × as *, ≤ <= \le as \leq, ² as ^{2}, ½ as \frac{1}{2}, full-width characters,
//             \mathrm and the like as \text, \langle as a bracket, ; between elements as a comma
//   kept      \degree for every degree sign, \% and \$ for signs of percent and money; `and` and `or` between elements
//             as kAnd and kOr
//   joined    1,234 and 1{,}234, 1,\!234, 1\,234, and 1 234, where all groups have three digits
#pragma once

#include <string>
#include <string_view>

namespace hrm::grading {

struct Spelling {
  std::string text;
  bool has_open_groups = false;   // "100 200 300" was joined, which may as well be three numbers
  bool has_comma_groups = false;  // "100,200,300" was joined
};

// Any bytes; linear time; never throws. join_commas: false leaves 1,234 as two numbers.
Spelling one_spelling(std::string_view answer, bool join_commas = true);

}  // namespace hrm::grading
