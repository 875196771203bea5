#include "studies/rollout_study.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace hrm::studies {
namespace {

const RolloutStudyRow& row_of(const RolloutStudy& study, std::string_view label, int64_t rollouts) {
  for (const RolloutStudyRow& row : study.rows)
    if (row.label == label && row.rollouts == rollouts) return row;
  throw failure("test", "no row {} {}", label, rollouts);
}

TEST(RolloutStudy, ErrorsShrinkAsTheyShould) {
  const auto problems = worlds::make_problems({}, worlds::Split::kTrain, 150, 1);
  const RolloutStudyOptions options{
      .policy = {.slip = 0.2, .repair = 0.3, .wander = 0.3}, .rollouts = {1, 4, 16}, .seed = 3};
  const RolloutStudy study = study_rollouts(problems, options);
  EXPECT_EQ(row_of(study, "value", 0).errors.rmse.value, 0);
  for (int64_t k : {1, 4, 16}) {
    const Estimate& bias = row_of(study, "soft", k).errors.bias;
    EXPECT_LT(std::abs(bias.value), 0.03) << k;  // about 2,400 states: standard error below 0.01
  }
  const double one = row_of(study, "soft", 1).errors.rmse.value, sixteen = row_of(study, "soft", 16).errors.rmse.value;
  EXPECT_NEAR(one / sixteen, 4, 0.25);  // the root of k
  // Of a policy that repairs, more rollouts make "any" call more states good that are not on track.
  EXPECT_GT(row_of(study, "hard", 16).errors.false_positive_state.value,
            row_of(study, "hard", 1).errors.false_positive_state.value + 0.3);
  EXPECT_LT(row_of(study, "hard", 16).rollouts_per_state, 16);
  EXPECT_EQ(row_of(study, "soft", 16).rollouts_per_state, 16);
}

TEST(RolloutStudy, TheSameForAnyNumberOfThreads) {
  const auto problems = worlds::make_problems({}, worlds::Split::kTest, 10, 1);
  RolloutStudyOptions options{.rollouts = {2}, .threads = 1};
  const Json one = to_json(study_rollouts(problems, options));
  options.threads = 5;
  EXPECT_EQ(one, to_json(study_rollouts(problems, options)));
  options.seed = 1;
  EXPECT_NE(one, to_json(study_rollouts(problems, options)));
}

TEST(RolloutStudy, RefusesNothing) {
  const auto problems = worlds::make_problems({}, worlds::Split::kTest, 1, 1);
  EXPECT_THROW(study_rollouts(problems, {.rollouts = {0}}), Error);
  EXPECT_THROW(study_rollouts(problems, {.rollouts = {}}), Error);
  EXPECT_THROW(study_rollouts({}, {}), Error);
}

}  // namespace
}  // namespace hrm::studies
