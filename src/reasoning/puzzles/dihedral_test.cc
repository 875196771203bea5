#include "puzzles/dihedral.h"

#include <gtest/gtest.h>

#include <map>

namespace hrm::puzzles {
namespace {

// [[1,2,3],[4,5,6]] as numpy's rot90, fliplr, flipud and .T map it.
TEST(Dihedral, MapsAsNumpyDoes) {
  const std::vector<int32_t> grid = {1, 2, 3, 4, 5, 6};
  const std::map<int, std::vector<int32_t>> expected = {
      {0, {1, 2, 3, 4, 5, 6}}, {1, {3, 6, 2, 5, 1, 4}}, {2, {6, 5, 4, 3, 2, 1}}, {3, {4, 1, 5, 2, 6, 3}},
      {4, {3, 2, 1, 6, 5, 4}}, {5, {4, 5, 6, 1, 2, 3}}, {6, {1, 4, 2, 5, 3, 6}}, {7, {6, 3, 5, 2, 4, 1}}};
  for (const auto& [id, result] : expected) EXPECT_EQ(transform(id, grid, 2, 3), result) << "id " << id;
}

TEST(Dihedral, InverseUndoes) {
  const std::vector<int32_t> grid = {1, 2, 3, 4, 5, 6};
  for (int id = 0; id < kDihedrals; ++id) {
    const auto turned = transform(id, grid, 2, 3);
    const int64_t height = swaps_axes(id) ? 3 : 2, width = swaps_axes(id) ? 2 : 3;
    EXPECT_EQ(transform(inverse_dihedral(id), turned, height, width), grid) << "id " << id;
  }
}

}  // namespace
}  // namespace hrm::puzzles
