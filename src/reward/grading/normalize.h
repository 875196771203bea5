// The two normalizations of an answer that the PRM800K grader compares by (arXiv 2305.20050; the first one is that of
// MATH, arXiv 2103.03874). Both profiles of grade() use them; parity is exact (docs/grading.md).
//
// Any bytes, time linear in the text, never throws. Faulty UTF-8 is kept.
#pragma once

#include <string>
#include <string_view>

namespace hrm::grading {

// MATH's: an enclosing \text, line breaks, \! and \left \right, degrees, dollar and percent signs, units after "\text{
// ", a short "x =" before, braces around arguments of \sqrt and \frac, blanks; 0.5 and a/b become \frac.
std::string normalize_math(std::string_view answer);

// The second: an enclosing \text, signs of money and percent, `or` and `and`, millions, units, thousands; LaTeX becomes
// text (latex_text.h), mixed numbers become sums, letters small, a number that is an integer is written as one.
std::string normalize_plain(std::string_view answer);

// "1,234,567" loses the commas before groups of three digits; "(1,234)" too, "1,23" not.
std::string strip_thousands(std::string_view text);

// Python's float(): the value, also of "1_000", "inf" and digits of any script; false if it raises.
bool parse_python_float(std::string_view text, double& value);
// Whether the text is a number within 1e-7 of an integer, thousands commas aside.
bool is_integer_text(std::string_view text);

}  // namespace hrm::grading
