#include "training/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hrm::training {
namespace {

TEST(Schedule, WarmsUpLinearlyThenFollowsTheCosine) {
  const LearningRateSchedule schedule{.warmup_steps = 4, .total_steps = 12, .min_ratio = 0.1};
  // Base rate 0.003: the learning rates of a run of the authors' program.
  const double rates[] = {0.00075,
                          0.0015,
                          0.00225,
                          0.003,
                          0.0028972373688902374,
                          0.002604594154601839,
                          0.002166622633692871,
                          0.00165,
                          0.0011333773663071288,
                          0.0006954058453981609};
  for (uint64_t i = 1; i <= std::size(rates); ++i)
    EXPECT_NEAR(0.003 * learning_rate_factor(schedule, i), rates[i - 1], 1e-15) << "step " << i;
  EXPECT_NEAR(learning_rate_factor(schedule, 12), 0.1, 1e-15);
  EXPECT_EQ(learning_rate_factor(schedule, 1000), 0.1);
}

TEST(Schedule, IsConstantWithoutDecayAndSurvivesDegenerateLengths) {
  const LearningRateSchedule constant{.warmup_steps = 2, .total_steps = 10, .min_ratio = 1};
  EXPECT_EQ(learning_rate_factor(constant, 1), 0.5);
  for (uint64_t i = 2; i < 15; ++i) EXPECT_EQ(learning_rate_factor(constant, i), 1);
  const LearningRateSchedule all_warmup{.warmup_steps = 10, .total_steps = 10, .min_ratio = 0.1};
  EXPECT_EQ(learning_rate_factor(all_warmup, 5), 0.5);
  EXPECT_EQ(learning_rate_factor(all_warmup, 10), 1);  // nothing is left to decay over
  EXPECT_EQ(learning_rate_factor({.warmup_steps = 0, .total_steps = 0, .min_ratio = 0.1}, 3), 1);
}

TEST(Schedule, AverageFollowsClosely) {
  EXPECT_DOUBLE_EQ(average_rate(0.999, 10, 1), 2.0 / 11);
  EXPECT_DOUBLE_EQ(average_rate(0.999, 10, 90), 0.91);
  EXPECT_EQ(average_rate(0.999, 10, 100000), 0.999);
  EXPECT_EQ(average_rate(0.999, 0, 1), 0.999);
}

TEST(Schedule, DecaysToZeroAtItsShareOfTheRun) {
  EXPECT_DOUBLE_EQ(linear_decay(0.8, 0.5, 100, 25), 0.4);
  EXPECT_EQ(linear_decay(0.8, 0.5, 100, 50), 0);
  EXPECT_EQ(linear_decay(0.8, 0.5, 100, 99), 0);
  EXPECT_EQ(linear_decay(0.8, 0, 100, 1), 0);
}

}  // namespace
}  // namespace hrm::training
