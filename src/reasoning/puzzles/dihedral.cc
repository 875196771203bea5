#include "puzzles/dihedral.h"

namespace hrm::puzzles {

DihedralWalk dihedral_walk(int id, int64_t height, int64_t width) {
  switch (id) {
    case 1:
      return {width - 1, -1, width};
    case 2:
      return {height * width - 1, -width, -1};
    case 3:
      return {(height - 1) * width, 1, -width};
    case 4:
      return {width - 1, width, -1};
    case 5:
      return {(height - 1) * width, -width, 1};
    case 6:
      return {0, 1, width};
    case 7:
      return {height * width - 1, -1, -width};
    default:
      return {0, width, 1};
  }
}

std::vector<int32_t> transform(int id, std::span<const int32_t> grid, int64_t height, int64_t width) {
  const int64_t rows = swaps_axes(id) ? width : height, columns = swaps_axes(id) ? height : width;
  const DihedralWalk walk = dihedral_walk(id, height, width);
  std::vector<int32_t> result(grid.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      result[r * columns + c] = grid[walk.first + r * walk.row_step + c * walk.column_step];
  return result;
}

}  // namespace hrm::puzzles
