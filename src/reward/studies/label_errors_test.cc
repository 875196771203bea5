#include "studies/label_errors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.h"

namespace hrm::studies {
namespace {

TEST(LabelErrors, CountsByHand) {
  const std::vector<LabeledState> states = {
      {.problem = 0, .truth = 0.5, .on_track = true, .valid = true, .label = 1, .positive = true},
      {.problem = 0, .truth = 0.5, .on_track = true, .valid = false, .label = 0, .positive = false},
      {.problem = 2, .truth = 0, .on_track = false, .valid = true, .label = 0.5, .positive = true},
      {.problem = 2, .truth = 0, .on_track = false, .valid = false, .label = 0.5, .positive = true}};
  const LabelErrors errors = label_errors(states);
  EXPECT_EQ(errors.states, 4u);
  EXPECT_EQ(errors.problems, 2u);
  EXPECT_DOUBLE_EQ(errors.bias.value, 0.25);
  EXPECT_DOUBLE_EQ(errors.rmse.value, 0.5);
  EXPECT_DOUBLE_EQ(errors.false_positive_state.value, 1);
  EXPECT_EQ(errors.false_positive_state.n, 2u);
  EXPECT_DOUBLE_EQ(errors.false_negative_state.value, 0.5);
  EXPECT_DOUBLE_EQ(errors.false_positive_step.value, 0.5);
  EXPECT_DOUBLE_EQ(errors.false_negative_step.value, 0);
}

TEST(LabelErrors, NothingIsNothing) {
  EXPECT_EQ(label_errors({}).states, 0u);
  const std::vector<LabeledState> good = {{.truth = 1, .on_track = true, .valid = true, .label = 1, .positive = true}};
  EXPECT_EQ(label_errors(good).false_positive_state.n, 0u);
}

TEST(LabelErrors, IntervalsCoverWhatIsKnown) {
  // Labels of 4 rollouts of value 0.5: RMSE is 0.25. Over 40 worlds the interval holds it in most.
  int held = 0;
  for (uint64_t world = 0; world < 40; ++world) {
    Rng rng(world);
    std::vector<LabeledState> states;
    for (uint32_t i = 0; i < 400; ++i) {
      double right = 0;
      for (int k = 0; k < 4; ++k) right += rng.chance(0.5);
      states.push_back({.problem = i / 4, .truth = 0.5, .on_track = true, .valid = true, .label = right / 4});
    }
    const Interval interval = label_errors(states, world, 200).rmse.interval;
    held += interval.low <= 0.25 && 0.25 <= interval.high;
  }
  EXPECT_GE(held, 33);  // 95 % of 40 is 38; fewer than 33 by chance once in a thousand
}

}  // namespace
}  // namespace hrm::studies
