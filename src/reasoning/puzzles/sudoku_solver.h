// Exhaustive Sudoku search: counts solutions (up to a bound) and dead ends.
//
// Propagation: naked singles (a cell with one candidate) and hidden singles (a digit with one place in a house) until
// nothing changes. Then a guess: on a cell with two candidates, else on a digit with two places in a house, else on the
// cell with the fewest candidates (minimum remaining values). A *backtrack* is a guess that propagation refutes; their
// number over the whole search tree, that is until uniqueness is proven, is the rating that the data tools write.
// It is 0 for puzzles that singles alone solve. It is our own measure, not that of other solvers.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "base/rng.h"
#include "puzzles/family.h"
#include "puzzles/sudoku_shape.h"

namespace hrm::puzzles {

struct SudokuSearch {
  int max_solutions = 2;
  uint64_t max_guesses = 2'000'000;  // beyond it the search stops undecided: 16x16 grids with few givens are hard
  Rng* order = nullptr;              // candidates in random order: for generators
};

struct SudokuSearchResult {
  int solutions = 0;    // found so far, at most max_solutions
  bool decided = true;  // false if max_guesses ended the search
  uint64_t backtracks = 0;
  Tokens first, second;  // [cells] the first two solutions found
};

// question: [cells] tokens. A question whose givens contradict each other has no solution.
SudokuSearchResult search_sudoku(const SudokuShape& shape, std::span<const int32_t> question,
                                 const SudokuSearch& options = {});

// The first two cells of one house that hold the same digit; {-1, -1} if there are none. Tokens outside the digits
// count as blanks.
std::pair<int, int> find_conflict(const SudokuShape& shape, std::span<const int32_t> tokens);

}  // namespace hrm::puzzles
