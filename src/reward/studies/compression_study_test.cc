#include "studies/compression_study.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/error.h"

namespace hrm::studies {
namespace {

std::vector<worlds::ArithmeticProblem> problems_of(uint64_t count) {
  return worlds::make_problems({.operations = 2}, worlds::Split::kTrain, count, 1);
}

TEST(CompressionStudy, ViewsDifferWhereTheyShould) {
  const CompressionStudy study = study_compression(
      problems_of(30), {.policy = {.slip = 0.25, .repair = 0.4, .wander = 0.3}, .depth = 5, .seed = 2});
  ASSERT_EQ(study.rows.size(), 6u);
  for (const CompressionStudyRow& row : study.rows) {
    EXPECT_EQ(row.errors.states, study.states);
    EXPECT_NEAR(std::accumulate(row.histogram.begin(), row.histogram.end(), 0.0), 1, 1e-9) << row.view;
  }
  EXPECT_GT(study.merged, 0u);
  EXPECT_GT(study.changed, 0u);
  EXPECT_GT(study.merged_repairs, 0u);
  EXPECT_LT(study.merged_repairs, study.merged);
  const auto& leaves = study.rows[0];
  const auto& hard = study.rows[3];
  const auto& noise = study.rows[5];
  EXPECT_GT(hard.errors.false_positive_state.value, leaves.errors.false_positive_state.value);
  EXPECT_NE(noise.errors.rmse.value, leaves.errors.rmse.value);
  EXPECT_EQ(noise.errors.false_positive_step.n, leaves.errors.false_positive_step.n);
  EXPECT_GT(study.rows[4].errors.false_positive_step.n, leaves.errors.false_positive_step.n);  // merged with bad ones
}

// The policy-weighted label is then an unbiased estimate; the leaf-weighted one is not, since branches that go wrong
// and are repaired have more leaves.
TEST(CompressionStudy, FinishedBranchesTakeTheBiasOfTheDepthAway) {
  CompressionStudyOptions options{
      .policy = {.slip = 0.25, .repair = 0.4, .wander = 0.3}, .depth = 4, .finish = false, .seed = 3};
  const auto policy_errors = [&] { return study_compression(problems_of(40), options).rows[1].errors; };
  const LabelErrors cut = policy_errors();
  options.finish = true;
  const LabelErrors finished = policy_errors();
  EXPECT_LT(cut.bias.interval.high, -0.05);
  EXPECT_LT(std::abs(finished.bias.value), 0.02);
  EXPECT_LT(finished.rmse.value, cut.rmse.value);
}

TEST(CompressionStudy, TheSameForAnyNumberOfThreads) {
  CompressionStudyOptions options{.children = 4, .depth = 3, .threads = 1};
  const Json one = to_json(study_compression(problems_of(8), options));
  options.threads = 3;
  EXPECT_EQ(one, to_json(study_compression(problems_of(8), options)));
}

TEST(CompressionStudy, RefusesWhatCannotBe) {
  EXPECT_THROW(study_compression(problems_of(1), {.children = 0}), Error);
  EXPECT_THROW(study_compression(problems_of(1), {.depth = 9}), Error);
  EXPECT_THROW(study_compression({}, {}), Error);
}

}  // namespace
}  // namespace hrm::studies
