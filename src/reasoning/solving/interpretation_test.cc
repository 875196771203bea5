#include "solving/interpretation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.h"
#include "solving/testing/scripted_backend.h"

namespace hrm::solving {
namespace {

double ratio_of(size_t width, const std::vector<float>& rows) {
  Participation participation(width);
  participation.add(rows);
  return participation.ratio();
}

TEST(Participation, OneForALineAndTheWidthForABall) {
  EXPECT_NEAR(ratio_of(3, {1, 2, 3, 2, 4, 6, -1, -2, -3}), 1, 1e-12);
  // The corners of a cross-polytope spread evenly over all axes.
  EXPECT_NEAR(ratio_of(3, {1, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1}), 3, 1e-12);
  // Eigenvalues in the ratio 4 : 1 give 25 / 17.
  EXPECT_NEAR(ratio_of(2, {2, 0, -2, 0, 0, 1, 0, -1}), 25.0 / 17, 1e-12);
}

TEST(Participation, DoesNotChangeWithAShiftHoweverLarge) {
  Rng rng(3);
  std::vector<float> rows(50 * 4), moved;
  for (float& value : rows) value = static_cast<float>(std::floor(rng.normal() * 8));
  for (float value : rows) moved.push_back(value + 1e6f);  // exact in float
  EXPECT_NEAR(ratio_of(4, moved), ratio_of(4, rows), 1e-9);
}

TEST(Participation, AddingInPartsIsAddingAll) {
  Participation parts(2);
  parts.add(std::vector<float>{1, 2, 3, 5});
  parts.add(std::vector<float>{});
  parts.add(std::vector<float>{0, 1});
  EXPECT_DOUBLE_EQ(parts.ratio(), ratio_of(2, {1, 2, 3, 5, 0, 1}));
  EXPECT_EQ(parts.count(), 3u);
}

TEST(Participation, UndefinedWithoutVariation) {
  EXPECT_TRUE(std::isnan(ratio_of(2, {})));
  EXPECT_TRUE(std::isnan(ratio_of(2, {1, 2})));
  EXPECT_TRUE(std::isnan(ratio_of(2, {1, 2, 1, 2})));
}

TEST(ParticipationTrace, PoolsBySegment) {
  const ScriptedBackend backend(scripted_config(4), nullptr);
  ScriptedCarry carry;
  carry.slots = {{.segments = 1}, {.segments = 2}};
  ParticipationTrace trace(4);
  const std::vector<int64_t> segments = {1, 2};
  const auto ratios = trace.add(backend, carry, segments);
  ASSERT_EQ(ratios.size(), 2u);
  EXPECT_NEAR(ratios[0].H, 1, 1e-12);  // one token off the others: a line
  EXPECT_NEAR(ratios[0].L, 3, 1e-12);  // the corners of a simplex of four points
  const auto pooled = trace.pooled();
  ASSERT_EQ(pooled.size(), 2u);
  EXPECT_EQ(pooled[1].segment, 2);
  EXPECT_EQ(pooled[1].puzzles, 1u);
  EXPECT_NEAR(pooled[1].ratios.L, 3, 1e-12);
}

}  // namespace
}  // namespace hrm::solving
