#include "puzzles/dihedral.h"

#include <utility>

namespace hrm::puzzles {

std::vector<int32_t> transform(int id, std::span<const int32_t> grid, int64_t height, int64_t width) {
  const int64_t rows = swaps_axes(id) ? width : height, columns = swaps_axes(id) ? height : width;
  const auto source = [&](int64_t r, int64_t c) -> std::pair<int64_t, int64_t> {
    switch (id) {
      case 1:
        return {c, width - 1 - r};
      case 2:
        return {height - 1 - r, width - 1 - c};
      case 3:
        return {height - 1 - c, r};
      case 4:
        return {r, width - 1 - c};
      case 5:
        return {height - 1 - r, c};
      case 6:
        return {c, r};
      case 7:
        return {height - 1 - c, width - 1 - r};
      default:
        return {r, c};
    }
  };
  std::vector<int32_t> result(grid.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      const auto [from_row, from_column] = source(r, c);
      result[r * columns + c] = grid[from_row * width + from_column];
    }
  return result;
}

}  // namespace hrm::puzzles
