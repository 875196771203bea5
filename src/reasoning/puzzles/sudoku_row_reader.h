// Reads one row of a Sudoku that stands on its own line: cells side by side, apart, in a frame, as numbers.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "puzzles/sudoku_shape.h"
#include "puzzles/sudoku_symbols.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {

// Errors are bad_input that name the line.
class SudokuRowReader {
 public:
  // REQUIRES: symbols and source outlive this object.
  SudokuRowReader(const SudokuShape& shape, const SudokuSymbols& symbols, std::string_view source)
      : shape_(shape),
        symbols_(symbols),
        source_(source),
        side_(static_cast<size_t>(shape.side())),
        whole_(static_cast<size_t>(shape.cells())) {}

  // Everything that is neither space, bar nor separator, '-' only where it is needed to make `wanted` cells.
  static std::u32string symbols_within(const std::u32string& text, size_t wanted);

  // "5,3,,,7,...": exactly `wanted` values between commas, semicolons or tabs, empty ones blank; numbers above 9 where
  // the grid has such digits.
  std::optional<std::u32string> separated_values(const TextLine& line, size_t wanted) const;

  // The cells of a row. compact: one character a cell, spaces are blanks. drawn_blanks: blanks have a symbol.
  std::u32string read_row(const TextLine& line, bool compact, bool drawn_blanks) const;

  static bool holds_spaces(const std::u32string& text) { return std::ranges::any_of(text, is_grid_space); }
  bool holds_values(const TextLine& line) const { return separated_values(line, side_) || numbers_of(line); }

  // Lines of a frame, as numbers of rows above them, that part the rows otherwise than the boxes of this grid do.
  void check_rules(const std::vector<size_t>& rules, size_t line) const;

  Error wrong_row(const TextLine& line) const;

 private:
  template <typename... Args>
  Error refused(size_t line, fmt::format_string<Args...> format, Args&&... args) const {
    return bad_input("puzzles.sudoku.parse", "{}: line {}: {}", source_, line,
                     fmt::format(format, std::forward<Args>(args)...));
  }

  std::u32string cells_of(const std::vector<std::u32string>& values, size_t line) const;
  char32_t number_of(const std::u32string& cell, size_t line) const;
  char32_t refuse_candidates(const std::u32string& cell, size_t line) const;

  // "10 0 3 16": one number or symbol a cell.
  std::optional<std::u32string> numbers_of(const TextLine& line) const;

  // Bars that part a row otherwise than the boxes of this grid do.
  void check_boxes(const TextLine& line) const;
  Error wrong_boxes(size_t line, size_t rows, size_t columns) const;

  // "|5 3  |  7  |" or "| 5 | 3 |   |": blanks are spaces, bars separate boxes or cells.
  std::u32string framed_row(const TextLine& line) const;
  void append_part(std::u32string& cells, const std::u32string& part, size_t count, const TextLine& line) const;

  // "5 3     7": cells at every second character, trailing blanks possibly cut.
  std::u32string every_second(const TextLine& line) const;

  const SudokuShape shape_;
  const SudokuSymbols& symbols_;
  const std::string_view source_;
  const size_t side_, whole_;
};

}  // namespace hrm::puzzles
