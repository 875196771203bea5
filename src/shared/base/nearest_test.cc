#include "base/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace hrm {
namespace {

TEST(Nearest, DistanceCountsInsertionsDeletionsAndReplacements) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, NamesOnlyWhatIsNear) {
  const std::vector<std::string> known = {"train", "eval", "solve"};
  EXPECT_EQ(nearest_name("slove", known), "solve");
  EXPECT_EQ(nearest_name("evall", known), "eval");
  EXPECT_EQ(nearest_name("xyzzy", known), std::nullopt);
  EXPECT_EQ(nearest_name("solve", {}), std::nullopt);
}

}  // namespace
}  // namespace hrm
