// The Sudoku family: 4x4, 6x6 (boxes of 2 rows and 3 columns), 9x9, 16x16, and other boxes up to 16 cells.
#pragma once

#include <memory>

#include "puzzles/family.h"
#include "puzzles/sudoku_shape.h"

namespace hrm::puzzles {

// Throws bad_input naming source on boxes that make a side below 4 or above 16, or of one row or column.
std::unique_ptr<Family> make_sudoku(const SudokuShape& shape, std::string_view source);

}  // namespace hrm::puzzles
