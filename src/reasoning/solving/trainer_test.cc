#include "solving/trainer.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "solving/testing/fake_backend.h"
#include "solving/testing/toy_data.h"

namespace hrm::solving {
namespace {

TEST(RevealCells, GivesTheMeanShareAndNothingElse) {
  Rng rng(4);
  constexpr int kExamples = 4000, kCells = 50;
  double revealed = 0, full = 0;
  for (int n = 0; n < kExamples; ++n) {
    std::vector<int32_t> inputs(kCells, 1), labels(kCells, 3);
    labels[0] = model::kIgnoreLabel;
    inputs[1] = 3;  // given already
    reveal_cells(inputs, labels, 0.3, rng);
    EXPECT_EQ(inputs[0], 1);
    const auto given = std::ranges::count(std::span(inputs).subspan(2), 3);
    revealed += static_cast<double>(given) / (kCells - 2);
    full += given > 0.6 * (kCells - 2) * 1.2;
  }
  EXPECT_NEAR(revealed / kExamples, 0.3, 0.01);
  EXPECT_LT(full / kExamples, 0.01);  // an example's share is at most twice the mean
}

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() {
    write_toy_data(folder_.path() / "data");
    train_.emplace(puzzles::Dataset::open(folder_.path() / "data", "train"));
    test_.emplace(puzzles::Dataset::open(folder_.path() / "data", "test"));
    model_.arch.hidden_size = 8;
    model_.arch.num_heads = 2;
    model_.arch.H_layers = model_.arch.L_layers = 1;
    model_.arch.halt_max_steps = 3;
    const auto& metadata = train_->metadata();
    model_.data = {metadata.seq_len, metadata.vocab_size, metadata.num_puzzle_identifiers};
    config_.global_batch_size = 8;
    config_.eval_interval = 3;
    config_.lr_warmup_steps = 5;
    config_.optimizer.lr = 0.5;
    config_.curriculum.reveal = 0.2;
    config_.eval_examples = 0;
  }

  struct Driver {
    std::unique_ptr<model::Backend> backend;
    std::unique_ptr<Trainer> trainer;
  };
  Driver start(bool with_test = true) {
    Driver run{.backend = make_fake_backend(model_)};
    run.trainer = std::make_unique<Trainer>(*run.backend, *train_, with_test ? &*test_ : nullptr,
                                            TrainerOptions{.config = config_, .total_steps = 100});
    return run;
  }
  static void steps(Driver& run, uint64_t from, uint64_t to) {
    for (uint64_t step = from + 1; step <= to; ++step) ASSERT_EQ(run.trainer->step(step).fault, "");
  }

  TemporaryFolder folder_;
  std::optional<puzzles::Dataset> train_, test_;
  model::ModelConfig model_;
  ReasoningTrainConfig config_;
};

TEST_F(TrainerTest, LearnsAndMeasuresOnUnseenExamples) {
  Driver run = start();
  const auto before = run.trainer->evaluate(0);
  EXPECT_LT(training::scalar_or(before.values, "exact_accuracy", 1), 0.2);
  steps(run, 0, 100);
  const auto after = run.trainer->evaluate(100);
  EXPECT_GT(training::scalar_or(after.values, "exact_accuracy", 0), 0.9);
  EXPECT_GT(training::scalar_or(after.values, "ema_exact_accuracy", 0), 0.9);
  ASSERT_EQ(after.score.size(), 2u);
  const auto& measured = run.trainer->last_evaluation();
  ASSERT_EQ(measured.size(), 2u);
  EXPECT_GE(measured[0].evaluation.all.exact.value, measured[1].evaluation.all.exact.value);
}

TEST_F(TrainerTest, GoesOnWithTheSameBitsFromEveryStep) {
  Driver whole = start();
  steps(whole, 0, 24);
  const training::Checkpoint reference = whole.trainer->save();
  for (uint64_t stop = 0; stop < 24; ++stop) {
    Driver first = start(), second = start();
    steps(first, 0, stop);
    second.trainer->load(first.trainer->save());
    steps(second, stop, 24);
    const training::Checkpoint result = second.trainer->save();
    ASSERT_EQ(result.tensors, reference.tensors) << "stopped after " << stop;
    ASSERT_EQ(result.state, reference.state);
  }
}

TEST_F(TrainerTest, EvaluationChangesNothing) {
  Driver plain = start(), evaluated = start();
  steps(plain, 0, 10);
  for (uint64_t step = 0; step < 10; ++step) {
    steps(evaluated, step, step + 1);
    evaluated.trainer->evaluate(step + 1);
  }
  EXPECT_EQ(evaluated.trainer->save().tensors, plain.trainer->save().tensors);
}

TEST_F(TrainerTest, SeedDecidesTheRun) {
  Driver first = start();
  config_.seed = 1;
  Driver second = start();
  steps(first, 0, 3);
  steps(second, 0, 3);
  EXPECT_NE(first.trainer->save().tensors.at("slots.inputs"), second.trainer->save().tensors.at("slots.inputs"));
}

TEST_F(TrainerTest, RefusesACheckpointOfAnotherModel) {
  Driver run = start();
  training::Checkpoint checkpoint = run.trainer->save();
  checkpoint.state["model"]["arch"]["hidden_size"] = 16;
  EXPECT_THROW(run.trainer->load(checkpoint), Error);
  checkpoint = run.trainer->save();
  checkpoint.tensors.erase("slots.halted");
  EXPECT_THROW(run.trainer->load(checkpoint), Error);
}

TEST_F(TrainerTest, WithoutTestSplitNothingIsEvaluated) {
  Driver run = start(false);
  const auto report = run.trainer->evaluate(1);
  EXPECT_TRUE(report.complete);
  EXPECT_TRUE(report.values.empty() && report.score.empty());
}

}  // namespace
}  // namespace hrm::solving
