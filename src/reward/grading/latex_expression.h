// LaTeX, and the plain notation that models mix with it (sqrt(3)/2, 2pi), as an Expression.
//
//   i, e, \pi are the constants; any other letter, also with a subscript, is a symbol; letters side by side are a
//   product 3\frac12 and 3 1/2 are mixed numbers; 0.\overline{3} repeats; x^10 has exponent 10; |x|, n!, \binom{n}{k}
//   \sin 2x takes the product after it, \sin(x) y the group; \sin^{-1} is the inverse function;
//   a degree sign behind the brackets of \sin(30) belongs to what is in them
//
// Refused, since it has no one meaning: words, numbers side by side, f(x), relations, lists, \pm, matrices.
#pragma once

#include <optional>
#include <string_view>

#include "grading/expression.h"

namespace hrm::grading {

// What the notation leaves open; a comparison holds where it holds in every reading.
struct LatexReading {
  bool decimal_log = false;     // \log is \log_{10}, else \ln
  bool tight_division = false;  // 1/2x is 1/(2x), else (1/2)x
};

struct LatexParse {
  int node = -1;
  bool has_open_log = false, has_open_division = false;  // the reading matters
  bool has_base = false;                                 // a number with a subscript, 101_2
};

// nullopt: refused. Throws GaveUp beyond the bounds of Expression. Spacing macros, \left, \right, units and texts are
// expected to be gone (answer_form.h).
std::optional<LatexParse> parse_latex(std::string_view text, const LatexReading& reading, Expression& expression);

}  // namespace hrm::grading
