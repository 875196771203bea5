// Sudoku in the formats of other programs: lists of Python, JSON or C, OpenSudoku's XML, links.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "puzzles/sudoku_symbols.h"

namespace hrm::puzzles {

// Nested lists, read character by character: brackets of any kind, numbers, quoted strings, None or null for a blank.
class SudokuListReader {
 public:
  explicit SudokuListReader(const SudokuSymbols& symbols) : symbols_(symbols) {}

  // Does a list begin in this line: at its start, or after "grid =", "array("?
  static bool begins(const std::u32string& line);
  // Adds one line. Throws bad_input (source and line are for the message) on an item that is not a cell.
  void add(const std::u32string& line, std::string_view place);
  bool open() const { return depth_ > 0; }    // a bracket waits for its partner
  std::u32string& cells() { return cells_; }  // read so far
  void clear() { depth_ = 0, quote_ = 0, word_.clear(), cells_.clear(); }

 private:
  void end_word(bool quoted, std::string_view place);

  const SudokuSymbols& symbols_;
  int depth_ = 0;
  char32_t quote_ = 0;
  std::u32string word_, cells_;
};

// Values of data="..." in a line of OpenSudoku's XML.
std::vector<std::u32string> xml_data(const std::u32string& line);

// The part of a link that holds a whole grid.
std::optional<std::u32string> grid_of_link(const std::u32string& link, const SudokuSymbols& symbols);

}  // namespace hrm::puzzles
