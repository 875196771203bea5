#include "selection/pick.h"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

namespace hrm::selection {
namespace {

using Flags = std::vector<uint8_t>;

TEST(Pick, TiesGoToTheFirst) {
  EXPECT_EQ(pick_best(std::vector<double>{0.5, 0.9, 0.9}), 1u);
  EXPECT_EQ(pick_by_vote(std::vector<int32_t>{1, 0, 0, 1}, {}), 0u);
  EXPECT_EQ(pick_by_vote(std::vector<int32_t>{2, 0, 0}, {}), 1u);
  EXPECT_EQ(pick_by_vote(std::vector<int32_t>{0, 1, 1}, std::vector<double>{0.9, 0.4, 0.4}), 0u);
  EXPECT_EQ(pick_by_vote(std::vector<int32_t>{0, 1, 1}, std::vector<double>{0.8, 0.4, 0.5}), 1u);
  EXPECT_EQ(pick_by_vote(std::vector<int32_t>{0, 1}, std::vector<double>{-2, -1}), 1u);  // raw scores
}

TEST(Pick, NoAnswerHasNoVoteWhileOthersHave) {
  EXPECT_EQ(pick_by_vote(std::vector<int32_t>{kNoAnswer, kNoAnswer, 0}, {}), 2u);
  EXPECT_EQ(pick_by_vote(std::vector<int32_t>{kNoAnswer, kNoAnswer}, {}), 0u);
}

TEST(Pick, PassAtCountsSubsets) {
  EXPECT_DOUBLE_EQ(pass_at(1, 4, 1), 0.25);
  EXPECT_DOUBLE_EQ(pass_at(2, 4, 1), 0.5);
  EXPECT_DOUBLE_EQ(pass_at(2, 4, 2), 1 - 1.0 / 6);
  EXPECT_EQ(pass_at(4, 4, 0), 0);
  EXPECT_EQ(pass_at(3, 4, 2), 1);
}

// All subsets of n samples, ties at the top shared: the slow truth.
double best_by_enumeration(uint64_t n, const std::vector<double>& values, const Flags& correct) {
  double sum = 0;
  uint64_t subsets = 0;
  for (uint32_t mask = 0; mask < (1u << values.size()); ++mask) {
    if (static_cast<uint64_t>(std::popcount(mask)) != n) continue;
    double best = -1e9, right = 0, tied = 0;
    for (size_t i = 0; i < values.size(); ++i)
      if (mask >> i & 1) best = std::max(best, values[i]);
    for (size_t i = 0; i < values.size(); ++i)
      if ((mask >> i & 1) && values[i] == best) ++tied, right += correct[i];
    sum += right / tied;
    ++subsets;
  }
  return sum / static_cast<double>(subsets);
}

TEST(Pick, ExpectedBestEqualsEnumeration) {
  Rng rng(3);
  for (int round = 0; round < 30; ++round) {
    const size_t samples = 1 + rng.below(9);
    std::vector<double> values(samples);
    Flags correct(samples);
    for (size_t i = 0; i < samples; ++i) values[i] = static_cast<double>(rng.below(4)), correct[i] = rng.chance(0.5);
    for (uint64_t n = 1; n <= samples; ++n)
      EXPECT_NEAR(expected_best(n, values, correct), best_by_enumeration(n, values, correct), 1e-12);
  }
}

TEST(Pick, ExpectedVoteApproachesEnumeration) {
  // Of 4 samples a right answer (twice) and two different wrong ones; every pair but {wrong, wrong} holds a right one,
  // which wins when it stands first or is alone: 1/6 x 1 + 4/6 x 1/2 = 1/2.
  const std::vector<int32_t> groups{0, 0, 1, 2};
  const Flags correct{1, 1, 0, 0};
  Rng rng(5);
  EXPECT_NEAR(expected_vote(2, {groups, {}, correct}, 40'000, rng), 0.5, 0.01);
  EXPECT_EQ(expected_vote(1, {groups, {}, correct}, 1, rng), 0.5);
  EXPECT_EQ(expected_vote(4, {groups, {}, correct}, 50, rng), 1);  // two votes against one each
  const std::vector<double> weights{0.1, 0.1, 1, 0.1};
  EXPECT_EQ(expected_vote(4, {groups, weights, correct}, 50, rng), 0);
}

}  // namespace
}  // namespace hrm::selection
