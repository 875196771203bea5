#include "training/sparkline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hrm::training {
namespace {

TEST(Sparkline, ScalesToTheLargestAndKeepsTheEnd) {
  EXPECT_EQ(sparkline(std::vector<double>{0, 0.25, 0.5}, 10), "▁▅█");
  EXPECT_EQ(sparkline(std::vector<double>{1, 0, 0.5}, 2), "▁▅");  // the height of the first still counts
  EXPECT_EQ(sparkline(std::vector<double>{-1, NAN, 1}, 3), "▁ █");
  EXPECT_EQ(sparkline(std::vector<double>{0, 0}, 3), "▁▁");
  EXPECT_EQ(sparkline({}, 3), "");
}

}  // namespace
}  // namespace hrm::training
