// Finds the grids in a text as symbols: which characters are cells, before their meaning is decided.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "puzzles/sudoku_shape.h"
#include "puzzles/sudoku_symbols.h"

namespace hrm::puzzles {

struct SudokuGrid {
  std::vector<size_t> lines;  // of each row; one entry if the grid stands on one line
  std::u32string cells;       // [side * side], U' ' if a blank is a space
  std::u32string solution;    // [side * side] if one stands beside the puzzle, else empty
};

struct GridText {
  std::string_view text, source;
  size_t first_line = 1;
};
// Called for each fault with the line it is about; may throw it.
using GridFaults = std::function<void(const Error&, size_t line)>;

std::vector<SudokuGrid> find_grids(const SudokuShape& shape, const SudokuSymbols& symbols, const GridText& text,
                                   const GridFaults& fault);

}  // namespace hrm::puzzles
