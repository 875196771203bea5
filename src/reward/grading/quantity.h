// An answer of one element taken apart: "x = 5 \text{ cm}" is the label x, the value 5 and a unit.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "grading/units.h"

namespace hrm::grading {

struct Quantity {
  std::string label;  // "x", "f(x)", "(p,q)", "\angleABC"; empty: none
  std::string value;
  Unit unit;
};

// The label before the only equals sign (or \in), taken off the text; empty: there is none.
std::string take_label(std::string_view& text);

// REQUIRES: as one_spelling() writes it, without a list outside of brackets.
Quantity quantity_of(std::string_view written);

// "1 hour 30 minutes", "5 feet and 6 inches": one value in the base unit; nullopt: the text is not such a sum. Each
// unit is smaller than the one before, and all are of one quantity.
std::optional<Quantity> compound_of(std::string_view text);

}  // namespace hrm::grading
