// A Sudoku grid as sets of candidates, with the propagation rules that Sudoku players know.
//
// Until nothing changes: naked singles (a cell with one candidate), hidden singles (a digit with one place in a house),
// locked candidates (the places of a digit in a box lie in one row or column, or those of a line in one box; the
// digit's other places in the crossing house are removed). Bit d - 1 of a set stands for digit d.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "puzzles/family.h"
#include "puzzles/sudoku_shape.h"

namespace hrm::puzzles {

// The houses of a shape: rows, then columns, then boxes, `side` of each.
struct SudokuHouses {
  explicit SudokuHouses(const SudokuShape& shape);
  SudokuShape shape;
  int side, cells;
  std::vector<std::vector<uint16_t>> members;     // [3 side][side] cells
  std::vector<std::array<uint8_t, 3>> of_cell;    // [cells] row, column, box
  std::vector<std::vector<uint16_t>> segments;    // [2 cells / box width] cells that a line and a box share: rows first
  std::vector<std::array<uint16_t, 2>> crossing;  // of each segment: its line, its box, as houses
};

class CandidateGrid {
 public:
  // Every cell open. REQUIRES: houses outlive the grid.
  explicit CandidateGrid(const SudokuHouses& houses);

  uint32_t open(int cell) const { return open_[static_cast<size_t>(cell)]; }
  bool is_placed(int cell) const { return placed_[static_cast<size_t>(cell)]; }
  int placed() const { return count_; }  // cells
  bool full() const { return count_ == houses_->cells; }
  Tokens tokens() const;  // [cells] digits of placed cells, blanks elsewhere

  // Digit d into the cell; d out of the cell. propagate() must follow.
  void assign(int cell, int digit) { open_[static_cast<size_t>(cell)] &= static_cast<uint16_t>(1u << (digit - 1)); }
  void rule_out(int cell, int digit) {
    open_[static_cast<size_t>(cell)] &= static_cast<uint16_t>(~(1u << (digit - 1)));
  }
  // -1, or the house with a contradiction; the grid is then unusable.
  int propagate();

 private:
  bool remove(int cell, uint32_t digits);  // whether the cell had any of them
  int naked_singles();
  int hidden_singles(bool& changed);
  void locked_candidates(bool& changed);

  const SudokuHouses* houses_;
  std::array<uint16_t, kMaxSudokuSide * kMaxSudokuSide> open_;
  std::array<bool, kMaxSudokuSide * kMaxSudokuSide> placed_{};
  int count_ = 0;
};

}  // namespace hrm::puzzles
