// Units of answers: what is measured, and how much of a base unit one of them is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hrm::grading {

struct Unit {
  enum class Kind {
    kNone,
    kMeasure,  // of a known quantity: cm^2, hours, \$, \%, degrees
    kThings,   // what is counted: apples
    kWords,    // words that may bear on the value: "mod 7", "or more", "left"
  };
  Kind kind = Kind::kNone;
  std::string quantity;     // "length 2", "time", "dollar"; of things the words, the last in the singular
  std::string factor{"1"};  // in the base unit, as an expression of numbers
};

// The words after (or the sign before) a number, in small letters: "square feet", "cm^2", "km/h", "dollars per hour".
Unit unit_of(std::string_view phrase);

// Whether the word alone is a unit's name (for "5cm" and "5 m").
bool is_unit_word(std::string_view word);

// Whether it is a symbol whose capitals matter (kJ), of those that may be a product of variables (nm) or the others.
bool is_unit_symbol(std::string_view word, bool may_be_product);

// Whether two words of things may mean the same: marbles and red marbles, but not red marbles and blue marbles.
bool same_things(std::string_view a, std::string_view b);

// Factors of the units of one quantity, for answers of which only one names its unit.
std::vector<std::string_view> factors_of(std::string_view quantity);

// "million" is "10^6"; empty: it is not such a word.
std::string_view scale_of(std::string_view word);

}  // namespace hrm::grading
