// The PRM800K grader (Lightman et al., arXiv 2305.20050), step by step: what grade() with Profile::kPrm800k answers,
// and what the parity tests look into.
//
//   1. equal after normalize_math                                    correct
//   2. equal after normalize_plain                                   correct; nothing left of the given answer: wrong
//   3. rules: brackets and number of elements of a tuple differ,
//      unequal fractions of integers, exactly one integer            wrong
//   4. each pair of elements: gold - given is zero, read as Python
//      with implied products (python_expression.h)                   correct; refused or unreadable: wrong
//      (refused: more than two letters, an exponent of two digits, a tower of exponents)
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "grading/deadline.h"
#include "grading/grade.h"

namespace hrm::grading {

enum class Algebra { kEqual, kDifferent, kRefused, kUnparsed, kUndecided };

struct Prm800kSteps {
  Verdict verdict = Verdict::kUndecided;
  std::string_view decided_by;  // as the fixture names it: "first_normaliser", "rules", "algebra_equal", ...
  std::array<std::string, 2> first, second;  // given and gold after each normalization (second empty: not needed)
  std::vector<Algebra> elements;
};

// keep_all: second normalization also where the first decided.
Prm800kSteps grade_prm800k(std::string_view given, std::string_view gold, const Deadline& deadline,
                           bool keep_all = false);

// Elements of "(1,2)" or "[1,2)", brackets off; anything else is one element; nothing is none.
std::vector<std::string> split_tuple(std::string_view text);

}  // namespace hrm::grading
