// The sizes of a Sudoku and its cells' houses.
//
// A box has `box_rows` rows and `box_columns` columns; the grid has box_rows * box_columns rows and columns. A *band*
// is a row of boxes, a *stack* a column of boxes. Token of a cell: 0 padding, 1 blank, d + 1 for digit d.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace hrm::puzzles {

inline constexpr int kMaxSudokuSide = 16;  // symbols 1-9, A-G
inline constexpr int32_t kSudokuBlank = 1;

struct SudokuShape {
  int box_rows = 3, box_columns = 3;

  int side() const { return box_rows * box_columns; }
  int cells() const { return side() * side(); }
  int bands() const { return box_columns; }
  int stacks() const { return box_rows; }
  int32_t vocab() const { return side() + 2; }
  bool square_boxes() const { return box_rows == box_columns; }
  int row(int cell) const { return cell / side(); }
  int column(int cell) const { return cell % side(); }
  int box(int cell) const { return row(cell) / box_rows * box_rows + column(cell) / box_columns; }
  bool operator==(const SudokuShape&) const = default;
};

// The usual box of a side: 4 (2x2), 6 (2 rows x 3 columns), 9 (3x3), 16 (4x4); nullopt for other sides.
std::optional<SudokuShape> shape_of_side(int64_t side);
// The same by the number of cells: 16, 36, 81, 256.
std::optional<SudokuShape> shape_of_cells(int64_t cells);

// '1'-'9', 'A'-'G' for tokens 2 and up, '.' for a blank, '?' for anything else (a model may say padding).
char sudoku_symbol(int32_t token, const SudokuShape& shape);

}  // namespace hrm::puzzles
