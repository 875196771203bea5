// The eight symmetries of a rectangle of cells, numbered as in the field's ARC and maze tools:
// 0 identity; 1, 2, 3 = 90, 180, 270 degrees counter-clockwise; 4 left-right flip; 5 up-down flip; 6 transpose;
// 7 anti-transpose. 1, 3, 6 and 7 swap height and width.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hrm::puzzles {

inline constexpr int kDihedrals = 8;

constexpr bool swaps_axes(int id) { return id == 1 || id == 3 || id == 6 || id == 7; }
constexpr int inverse_dihedral(int id) { return id == 1 ? 3 : id == 3 ? 1 : id; }

// Where a transform reads: cell (r, c) of the result is element first + r * row_step + c * column_step of the grid.
struct DihedralWalk {
  int64_t first, row_step, column_step;
};
// REQUIRES: 0 <= id < 8.
DihedralWalk dihedral_walk(int id, int64_t height, int64_t width);

// grid: [height, width], row-major. Returns [height, width], or [width, height] where swaps_axes(id).
// REQUIRES: 0 <= id < 8, grid.size() == height * width.
std::vector<int32_t> transform(int id, std::span<const int32_t> grid, int64_t height, int64_t width);

}  // namespace hrm::puzzles
