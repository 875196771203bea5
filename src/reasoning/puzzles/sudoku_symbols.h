// The meaning of the characters of a Sudoku text: digits, blanks, frames. docs/formats/puzzle-text.md
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hrm::puzzles {

inline bool is_grid_space(char32_t c) { return c == U' ' || c == U'\t' || c == 0xA0; }
bool is_vertical(char32_t c);   // '|' and its box-drawing forms
bool is_frame(char32_t c);      // what frames are drawn with, '-' too
bool is_separator(char32_t c);  // ',' ';' '/' and quotation marks

// Blanks that people mix freely ('.', '0', '_', '*'; spaces are judged by the form), and those that are blanks only
// if a puzzle has no other ('-', 'x', '?' and their like).
bool is_plain_blank(char32_t c);
bool is_sole_blank(char32_t c);

class SudokuSymbols {
 public:
  // custom: the digits in order, one character each; empty: 1-9, then A and on, in either case.
  SudokuSymbols(int side, std::string_view custom);

  int side() const { return side_; }
  std::optional<int> digit(char32_t c) const;  // 1 to side
  bool is_cell(char32_t c) const { return digit(c) || is_plain_blank(c) || is_sole_blank(c); }
  char32_t number(int64_t value) const;  // the symbol of a cell that is written as a number; U+FFFD if it has none
  std::string range() const;             // "1-9", "1-9, A-G", "0-9, A-F"
  bool is_custom() const { return !custom_.empty(); }

 private:
  const int side_;
  const std::u32string custom_;
};

std::string usual_symbols(int side);       // "123456789ABCDEFG" for 16
std::string zero_based_symbols(int side);  // "0123456789ABCDEF" for 16

}  // namespace hrm::puzzles
