// Tables: any mapping from a text to a text over one alphabet, and raw tokens that have no text at all.
//
// Table: the i-th character of the alphabet (code points, from 0) is token i + 1. Shorter texts are padded with 0 at
// the end where `padded`; labels that are padding are not supervised, so outputs whose length varies need an end symbol
// of their own in the table. There are no rules and no symmetries.
#pragma once

#include <memory>
#include <string>

#include "puzzles/family.h"

namespace hrm::puzzles {

struct TableShape {
  std::string alphabet;  // UTF-8, each character once
  int64_t length = 0;    // S
  bool padded = false;   // shorter texts are accepted
};

// Throws bad_input naming source on an empty alphabet, a character that occurs twice, a line break, or a length
// below 1.
std::unique_ptr<Family> make_table(const TableShape& shape, std::string_view source);

// Tokens printed as numbers, in rows if the length is a square: data sets of unknown kind.
std::unique_ptr<Family> make_raw(int64_t length, int64_t vocab, std::string_view source);

}  // namespace hrm::puzzles
