#include "solving/train_stepper.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "solving/testing/fake_backend.h"

namespace hrm::solving {
namespace {

constexpr size_t kBatch = 4, kSeq = 3;

model::ModelConfig tiny_model() {
  model::ModelConfig config;
  config.arch.hidden_size = 8;
  config.arch.num_heads = 2;
  config.arch.H_layers = config.arch.L_layers = 1;
  config.arch.halt_max_steps = 3;
  config.data = {.seq_len = kSeq, .vocab_size = 6};
  return config;
}

// Batch n: every token of row b is 1 + (n + b) % 5, its label the next token.
struct Rows {
  explicit Rows(uint64_t n) {
    for (size_t b = 0; b < kBatch; ++b)
      for (size_t s = 0; s < kSeq; ++s) {
        inputs.push_back(static_cast<int32_t>(1 + (n + b) % 5));
        labels.push_back(static_cast<int32_t>(1 + (n + b + 1) % 5));
      }
    for (size_t b = 0; b < kBatch; ++b) seeds.push_back(100 * n + b);
  }
  model::Batch batch() const {
    return {
        .size = kBatch, .inputs = inputs, .labels = labels, .puzzle_identifiers = identifiers, .noise_seeds = seeds};
  }
  std::vector<int32_t> inputs, labels, identifiers = std::vector<int32_t>(kBatch);
  std::vector<uint64_t> seeds;
};

struct Driver {
  Driver() : backend(make_fake_backend(tiny_model())), stepper(*backend, {.batch = kBatch, .seed = 9}) {
    backend->set_optimizer({.lr = 0.3});
  }
  StepResult step() { return stepper.step(Rows(stepper.step_count()).batch(), {.ema_rate = 0.9}); }
  std::unique_ptr<model::Backend> backend;
  TrainStepper stepper;
};

TEST(TrainStepper, HaltedSlotsTakeTheExampleAtTheirIndex) {
  Driver run;
  std::vector<int32_t> held(kBatch), age(kBatch);  // what each slot must hold
  for (int n = 0; n < 12; ++n) {
    const std::vector<uint8_t> fresh(run.stepper.halted().begin(), run.stepper.halted().end());
    const Rows rows(run.stepper.step_count());
    run.step();
    const NamedTensors state = run.stepper.save();
    for (size_t b = 0; b < kBatch; ++b) {
      if (fresh[b]) held[b] = rows.inputs[b * kSeq], age[b] = 0;
      ++age[b];
      EXPECT_EQ(state.at("slots.inputs").as<int32_t>()[b * kSeq], held[b]) << n;
      EXPECT_EQ(run.stepper.steps()[b], age[b]) << n;
      EXPECT_LE(age[b], 3);
      EXPECT_TRUE(age[b] < 3 || run.stepper.halted()[b]);
    }
  }
}

TEST(TrainStepper, ExamplesHaltAfterMaxSegmentsAtTheLatest) {
  Driver run;
  const auto step = [&](int64_t max_segments) {
    run.stepper.step(Rows(run.stepper.step_count()).batch(), {}, max_segments);
  };
  for (int n = 0; n < 3; ++n) {  // one segment each: every slot is free again after every step
    step(1);
    for (size_t b = 0; b < kBatch; ++b) {
      EXPECT_TRUE(run.stepper.halted()[b]);
      EXPECT_EQ(run.stepper.steps()[b], 1);
    }
  }
  int longest = 0;
  for (int n = 0; n < 40; ++n) {
    step(2);
    for (const int32_t age : run.stepper.steps()) longest = std::max(longest, age);
  }
  EXPECT_EQ(longest, 2);
  for (int n = 0; n < 40; ++n) {  // above what the configuration says: the caller decides
    step(5);
    for (const int32_t age : run.stepper.steps()) longest = std::max(longest, age);
  }
  EXPECT_GT(longest, 2);
  EXPECT_LE(longest, 5);
}

// A limit that falls below what an example has had already ends it at its next step.
TEST(TrainStepper, ALoweredLimitEndsLongExamples) {
  Driver run;
  for (int n = 0; n < 2; ++n) run.stepper.step(Rows(run.stepper.step_count()).batch(), {}, 3);
  run.stepper.step(Rows(run.stepper.step_count()).batch(), {}, 1);
  for (size_t b = 0; b < kBatch; ++b) EXPECT_TRUE(run.stepper.halted()[b]);
}

TEST(TrainStepper, MetricsAreSumsOverHaltedSlots) {
  Driver run;
  double examples = 0;
  for (int n = 0; n < 60; ++n) {
    const StepResult result = run.step();
    const StepMetrics& m = result.metrics;
    double count = 0, steps = 0, exact = 0;
    for (size_t b = 0; b < kBatch; ++b) {
      if (!run.stepper.halted()[b]) continue;
      ++count;
      steps += run.stepper.steps()[b];
      exact += result.output.correct[b] == result.output.supervised[b];
    }
    EXPECT_EQ(m.count, count);
    EXPECT_EQ(m.steps, steps);
    EXPECT_EQ(m.exact_accuracy, exact);
    EXPECT_NEAR(m.loss, m.lm_loss + 0.5 * (m.q_halt_loss + m.q_continue_loss), 1e-9);
    examples += count;
  }
  EXPECT_GE(examples, 60 * kBatch / 3);
  const StepResult last = run.step();
  EXPECT_LT(last.metrics.lm_loss / kBatch, 0.1);  // the fake backend learns this table
}

TEST(TrainStepper, UnsupervisedExamplesDoNotCount) {
  Driver run;
  Rows rows(0);
  std::ranges::fill(rows.labels, model::kIgnoreLabel);
  for (int n = 0; n < 3; ++n) {
    const StepResult result = run.stepper.step(rows.batch(), {});
    EXPECT_EQ(result.metrics.count, 0);
    EXPECT_EQ(result.metrics.accuracy, 0);
  }
}

TEST(TrainStepper, LoadGoesOnWithTheSameBits) {
  for (int stop = 0; stop < 7; ++stop) {
    Driver whole, first, second;
    for (int n = 0; n < 10; ++n) whole.step();
    for (int n = 0; n < stop; ++n) first.step();
    second.backend->set_weights(first.backend->weights(model::WeightSet::kLive));
    second.backend->set_optimizer_state(first.backend->optimizer_state());
    second.stepper.load(first.stepper.save());
    while (second.stepper.step_count() < 10) second.step();
    EXPECT_EQ(second.stepper.save(), whole.stepper.save()) << stop;
    EXPECT_EQ(second.backend->weights(model::WeightSet::kLive), whole.backend->weights(model::WeightSet::kLive));
    EXPECT_EQ(second.backend->weights(model::WeightSet::kAveraged),
              whole.backend->weights(model::WeightSet::kAveraged));
  }
}

TEST(TrainStepper, RefusesOtherSizes) {
  Driver run;
  model::Batch batch = Rows(0).batch();
  batch.size = 2;
  EXPECT_THROW(run.stepper.step(batch, {}), Error);
  NamedTensors state = run.stepper.save();
  state.erase("slots.steps");
  EXPECT_THROW(run.stepper.load(state), Error);
  state = run.stepper.save();
  state["slots.halted"] = HostTensor(DType::kU8, {kBatch + 1});
  EXPECT_THROW(run.stepper.load(state), Error);
}

}  // namespace
}  // namespace hrm::solving
