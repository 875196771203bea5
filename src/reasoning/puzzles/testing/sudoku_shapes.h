// Shapes of Sudoku that tests of several files use.
#pragma once

#include "puzzles/sudoku.h"

namespace hrm::puzzles {

constexpr SudokuShape kNine{3, 3};

}  // namespace hrm::puzzles
