// What a line of a text with Sudoku grids is, as far as the line alone tells.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puzzles/sudoku_symbols.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {

std::string utf8(std::u32string_view points);
std::u32string trimmed(std::u32string text);

// A line of a frame between rows of cells: "+---+---+", "------", ".---.---.", "*-----------*", "├───┼───┤".
bool is_rule(const std::u32string& line);
bool is_dashes(const std::u32string& line);  // and spaces and bars

// "Grid 01", "Puzzle #3 (easy):": a word and a number, no cells.
bool is_title(const std::u32string& line, const SudokuSymbols& symbols);

// Digits, points and spaces of full width as usual ones, without characters of no width.
TextLine with_usual_characters(TextLine line);

// "9", "9 9", "9x9", "9 x 9", "9, 9", "9 9 3 3": one to four numbers alone on their line, from its beginning, and no
// wider apart.
std::optional<std::vector<size_t>> header_numbers(const std::u32string& line);

// "[Puzzle]" of SadMan Sudoku: its name.
std::optional<std::u32string> section_of(const std::u32string& line);

// What stands between the characters for which `ends` holds; as many parts as those and one.
template <typename Ends>
std::vector<std::u32string> split(const std::u32string& line, const Ends& ends) {
  std::vector<std::u32string> parts(1);
  for (char32_t c : line) {
    if (ends(c))
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

}  // namespace hrm::puzzles
