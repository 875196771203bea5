// Sets of real numbers, as answers write them: intervals and their unions, inequalities, finite sets. Two of them are
// compared by which numbers they hold: at each number that bounds a piece of either, and between each two of those.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grading/deadline.h"
#include "grading/grade.h"

namespace hrm::grading {

struct NumberSet {
  // Between two bounds, empty for infinite; or all numbers but one.
  struct Piece {
    std::string low, high;
    bool holds_low = false, holds_high = false;
    bool is_all_but = false;  // all but `low`
  };
  std::string variable;  // of inequalities; empty: none
  std::vector<Piece> pieces;
  bool is_common = false;      // what all pieces hold (else what any holds)
  bool is_of_words = false;    // "at least 5": of what is mostly counted
  bool is_difference = false;  // all real numbers without some
};

// nullopt: it is none. An interval of two bounds is one where `as_interval` (it may be a point).
std::optional<NumberSet> number_set_of(std::string_view text, bool as_interval);

// "\mathbb{R}", "\mathbb R", "\Bbb R", "\R". An R in another style may be a name.
bool is_all_reals(std::string_view text);

// "\{x \mid x > 2\}" of real numbers x.
bool is_set_builder(std::string_view text);

// One relation between two sides, turned so that it reads "less" ("<", "\\leq") or "\\neq". nullopt: there is none,
// or more than one.
struct SimpleRelation {
  std::string_view small, large, sign;
};
std::optional<SimpleRelation> relation_of(std::string_view text);

// Whether < > \leq \geq \neq stands outside of brackets.
bool has_relation(std::string_view text);

Verdict compare_sets(const NumberSet& given, const NumberSet& gold, const Deadline& deadline);

}  // namespace hrm::grading
