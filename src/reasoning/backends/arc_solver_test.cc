#include "solving/arc_solver.h"

#include <gtest/gtest.h>

#include "backends/backend_factory.h"
#include "model/weights.h"
#include "puzzles/testing/arc_tasks.h"

namespace hrm::solving {
namespace {

using puzzles::ArcTask;

ModelFile tiny_model(int64_t embedding) {
  ModelFile model;
  model.config.arch = model::arch_preset("trm-attention");
  model.config.arch.hidden_size = 32;
  model.config.arch.num_heads = 2;
  model.config.arch.expansion = 2;
  model.config.arch.H_cycles = model.config.arch.L_cycles = 2;
  model.config.arch.halt_max_steps = 3;
  model.config.arch.puzzle_emb_ndim = embedding;
  model.config.arch.puzzle_emb_len = 0;
  model.config.arch.forward_dtype = model::Precision::kFloat32;
  model.config.data = {.seq_len = 36, .vocab_size = 12, .num_puzzle_identifiers = 5};
  model.weights = model::initial_weights(model.config, 3);
  model.family = {{"family", "arc"}, {"side", 6}};
  return model;
}

ArcSolveResult solve(const ModelFile& model, const std::vector<ArcTask>& tasks, const ArcSolveOptions& options) {
  return solve_arc(model, tasks, options, backends::make_backend, {.threads = 2});
}

const ArcSolveOptions kQuick{
    .variants = {.count = 3}, .fit_steps = 30, .fit_batch = 4, .seconds = 0, .batch = 3, .seed = 5, .progress = false};

TEST(ArcSolverTest, FittingLowersTheLossAndEveryVariantVotes) {
  const std::vector<ArcTask> tasks = {puzzles::random_arc_task("a", {.seed = 1, .test = 2}),
                                      puzzles::random_arc_task("b", {.seed = 2})};
  const ArcSolveResult result = solve(tiny_model(32), tasks, kQuick);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.table_rows, 1 + 2 * 4);
  EXPECT_EQ(result.fit_steps, 30u);
  EXPECT_LT(result.last_loss, result.first_loss);
  EXPECT_EQ(result.answered, 3u * 4u);
  ASSERT_EQ(result.solutions.size(), 2u);
  for (size_t t = 0; t < tasks.size(); ++t)
    for (const ArcTestAnswer& answer : result.solutions[t].tests) {
      uint64_t votes = 0;
      for (const puzzles::ArcCandidate& candidate : answer.candidates) votes += candidate.votes;
      EXPECT_EQ(votes, 4u);
      EXPECT_GE(answer.segments.size(), 1u);
      EXPECT_LE(answer.segments.size(), 3u);
    }
  EXPECT_EQ(result.scores.tasks, 2u);
  EXPECT_EQ(result.submission["a"].size(), 2u);
}

TEST(ArcSolverTest, SameSeedSameAnswersWhateverTheBatch) {
  const std::vector<ArcTask> tasks = {puzzles::random_arc_task("a", {.seed = 1, .test = 2})};
  const ModelFile model = tiny_model(32);
  ArcSolveOptions wide = kQuick;
  wide.batch = 8;
  const auto answers = [&](const ArcSolveOptions& options) {
    return to_json(solve(model, tasks, options), tasks)["tasks"];
  };
  const Json first = answers(kQuick);
  EXPECT_EQ(first, answers(wide));
  wide.seed = 6;
  EXPECT_NE(first, answers(wide));
}

TEST(ArcSolverTest, TestOutputsAreNotNeededAndNotUsed) {
  std::vector<ArcTask> tasks = {puzzles::random_arc_task("a", {.seed = 1})};
  const ModelFile model = tiny_model(32);
  const Json known = solve(model, tasks, kQuick).submission;
  for (puzzles::ArcPair& pair : tasks[0].test) pair.output = {};
  ArcSolveOptions options = kQuick;
  const ArcSolveResult result = solve(model, tasks, options);
  EXPECT_EQ(result.submission, known);
  EXPECT_EQ(result.scores.tasks, 0u);
}

// Variants that look alike are drawn once: a hidden output must not set them apart.
TEST(ArcSolverTest, TheVariantsDoNotDependOnTestOutputs) {
  const puzzles::ArcGrid black{.rows = 2, .columns = 2, .cells = {0, 0, 0, 0}};
  const puzzles::ArcGrid corner{.rows = 2, .columns = 2, .cells = {0, 1, 2, 3}};
  ArcTask task{.name = "a", .origin = "a.json", .train = {{black, black}}, .test = {{black, corner}}};
  const ModelFile model = tiny_model(32);
  const ArcSolveResult known = solve(model, {task}, kQuick);
  task.test[0].output = {};
  const ArcSolveResult hidden = solve(model, {task}, kQuick);
  EXPECT_EQ(known.solutions[0].variants, hidden.solutions[0].variants);
  EXPECT_EQ(known.submission, hidden.submission);
  task.test[0].output = {.rows = 7, .columns = 1, .cells = {1, 1, 1, 1, 1, 1, 1}};  // too large for the canvas of 6
  EXPECT_NO_THROW(solve(model, {task}, kQuick));
}

TEST(ArcSolverTest, AModelWithoutATableAnswersWithoutAFit) {
  const std::vector<ArcTask> tasks = {puzzles::random_arc_task("a", {.seed = 1})};
  const ArcSolveResult result = solve(tiny_model(0), tasks, kQuick);
  EXPECT_EQ(result.fit_steps, 0u);
  EXPECT_EQ(result.table_rows, 0);
  EXPECT_EQ(result.answered, 4u);
}

TEST(ArcSolverTest, ATimeLimitStillGivesAnAnswer) {
  const std::vector<ArcTask> tasks = {puzzles::random_arc_task("a", {.seed = 1}),
                                      puzzles::random_arc_task("b", {.seed = 2})};
  ArcSolveOptions options = kQuick;
  options.seconds = 1e-6;
  const ArcSolveResult result = solve(tiny_model(32), tasks, options);
  EXPECT_EQ(result.fit_steps, 1u);
  EXPECT_EQ(result.answered, 2u);  // the tasks as they are
}

TEST(ArcSolverTest, WhatDoesNotFitIsRefused) {
  const ModelFile model = tiny_model(32);
  const std::vector<ArcTask> large = {puzzles::random_arc_task("a", {.seed = 1, .train = 9, .most = 20})};
  EXPECT_THROW(solve(model, large, kQuick), Error);
  EXPECT_THROW(solve(model, {}, kQuick), Error);
  ModelFile sudoku = model;
  sudoku.family = {{"family", "sudoku"}, {"box_rows", 2}, {"box_columns", 2}};
  EXPECT_THROW(arc_side_of(sudoku, "m"), Error);
}

}  // namespace
}  // namespace hrm::solving
