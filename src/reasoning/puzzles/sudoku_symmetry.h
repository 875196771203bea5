// The symmetries of Sudoku: maps that keep the rules.
//
// Digits may be renamed; bands may be permuted, and rows within their band; stacks, and columns within their stack;
// where boxes are square the grid may be transposed. For 9x9 that are 9! * 2 * 6^8 maps.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/rng.h"
#include "puzzles/family.h"
#include "puzzles/sudoku_shape.h"

namespace hrm::puzzles {

// The new cell (r, c) shows the old cell (rows[r], columns[c]), or (columns[c], rows[r]) where transposed, its digit
// renamed. Blanks, padding and ignored labels (negative) stay what they are.
struct SudokuSymmetry {
  bool transpose = false;
  std::vector<int> rows, columns;  // [side]
  std::vector<int32_t> tokens;     // [vocab] old token -> new token
  void apply(std::span<int32_t> grid) const;
  void undo(std::span<int32_t> grid) const;  // the inverse
};

SudokuSymmetry identity_symmetry(const SudokuShape& shape);
SudokuSymmetry random_symmetry(const SudokuShape& shape, Rng& rng);  // uniform
std::unique_ptr<Augmenter> sudoku_augmenter(const SudokuShape& shape);

// The canonical member of the question's class under these symmetries: two questions are equivalent exactly where
// their canonical forms are equal.
//
// Individualization and refinement (McKay 1981; McKay and Piperno, arXiv 1301.1493), without automorphism pruning.
// Rows, columns and digits carry colors; a round refines each color by those of the band or stack and of the givens,
// until no class splits. While some row or column that has a given shares its color, the smallest such class is
// broken: each member in turn gets its own color, and only the branches with the least refinement history
// survive. A leaf orders bands, rows, stacks and columns by color and renames digits in order of appearance; the
// lexicographically least leaf over both transpositions is the form. A puzzle with one solution has few automorphisms
// (at most 648 for 9x9), so this takes some tens of microseconds; the branches are bounded by 5,000 per level, beyond
// which (nearly empty grids) two equivalent questions may get different forms, never the reverse.
Tokens canonical_sudoku(const SudokuShape& shape, std::span<const int32_t> question);

}  // namespace hrm::puzzles
