// What parity does not cover, of every backend: state in and out, independence of rows, noise, chains, micro-batches,
// threads, bad input.
#include <gtest/gtest.h>

#include <cmath>

#include "backends/testing/devices.h"
#include "base/error.h"
#include "solving/train_stepper.h"

namespace hrm::backends {
namespace {

using model::Batch;
using model::ModelConfig;
using model::WeightSet;

using DeviceAndPreset = std::tuple<std::string, std::string>;

class BackendPresets : public testing::TestWithParam<DeviceAndPreset> {
 protected:
  const std::string device_ = std::get<0>(GetParam());
  const ModelConfig config_ = tiny_model(std::get<1>(GetParam()));
};

TEST_P(BackendPresets, TrainsAndResumesWithTheSameBits) {
  const ModelConfig& config = config_;
  const Examples examples(config, 6, 1);
  for (const auto kind : {model::OptimizerKind::kAdamAtan2, model::OptimizerKind::kMuon}) {
    const model::OptimizerConfig optimizer{.optimizer = kind, .lr = 1e-2, .weight_decay = 0.1, .grad_clip = 1};
    const auto start = [&] {
      auto backend = tiny_backend(device_, config);
      backend->set_optimizer(optimizer);
      return backend;
    };
    const auto whole = start(), first = start(), second = start();
    solving::TrainStepper a(*whole, {.batch = 6, .seed = 3}), b(*first, {.batch = 6, .seed = 3}),
        c(*second, {.batch = 6, .seed = 3});
    const model::TrainOptions options{.ema_rate = 0.9};
    double before = 0, after = 0;
    for (int i = 0; i < 12; ++i) {
      const double loss = a.step(examples.batch(), options).metrics.lm_loss;
      if (i < 3) before += loss;
      if (i >= 9) after += loss;
    }
    EXPECT_LT(after, 0.8 * before) << "did not learn";
    for (int i = 0; i < 5; ++i) b.step(examples.batch(), options);
    second->set_weights(first->weights(WeightSet::kLive));
    second->set_optimizer(optimizer);
    second->set_optimizer_state(first->optimizer_state());
    c.load(b.save());
    for (int i = 5; i < 12; ++i) c.step(examples.batch(), options);
    EXPECT_EQ(second->weights(WeightSet::kLive), whole->weights(WeightSet::kLive));
    EXPECT_EQ(second->weights(WeightSet::kAveraged), whole->weights(WeightSet::kAveraged));
    EXPECT_EQ(second->optimizer_state(), whole->optimizer_state());
    EXPECT_NE(whole->weights(WeightSet::kAveraged), whole->weights(WeightSet::kLive));
  }
}

TEST_P(BackendPresets, RowsDoNotDependOnTheBatchAroundThem) {
  const ModelConfig& config = config_;
  const Examples examples(config, 5, 2);
  const auto backend = tiny_backend(device_, config);
  const auto together = fresh_carry(*backend, examples.batch());
  backend->forward(examples.batch(), *together, {});
  const auto all = backend->forward(examples.batch(), *together, {.logits = true, .residuals = true});
  const size_t cells = all.logits.size() / 5;
  for (size_t row = 0; row < 5; ++row) {
    const Batch alone = examples.rows(row, 1);
    const auto carry = fresh_carry(*backend, alone);
    backend->forward(alone, *carry, {});
    const auto one = backend->forward(alone, *carry, {.logits = true, .residuals = true});
    for (size_t i = 0; i < cells; ++i) ASSERT_NEAR(one.logits[i], all.logits[row * cells + i], 1e-3) << "row " << row;
    EXPECT_NEAR(one.q_halt[0], all.q_halt[row], 1e-3);
    EXPECT_NEAR(one.residual_H[0], all.residual_H[row], 1e-2);
    EXPECT_NEAR(one.residual_L[0], all.residual_L[row], 1e-2);
  }
}

TEST_P(BackendPresets, MicroBatchesAndThreadsAddUpToTheSameStep) {
  const ModelConfig& config = config_;
  const Examples examples(config, 7, 3);
  const std::vector<uint8_t> last = {0, 1, 0, 0, 1, 0, 0};
  const auto one = tiny_backend(device_, config);
  const auto [expected, golden] =
      with_gradients(*one).gradients(examples.batch(), last, *fresh_carry(*one, examples.batch()), {});
  for (const size_t threads : {size_t{1}, size_t{2}, size_t{3}})
    for (const size_t micro_batch : {size_t{0}, size_t{1}, size_t{2}}) {
      const auto backend = tiny_backend(device_, config, threads);
      const auto carry = fresh_carry(*backend, examples.batch());
      const auto [output, mine] =
          with_gradients(*backend).gradients(examples.batch(), last, *carry, {.micro_batch = micro_batch});
      EXPECT_NEAR(output.loss, expected.loss, 1e-3);
      EXPECT_EQ(output.supervised, expected.supervised);
      EXPECT_NEAR(output.gradient_norm, expected.gradient_norm, 1e-3 * expected.gradient_norm);
      for (const auto& [name, gradient] : golden) {
        const auto a = mine.at(name).as<float>(), b = gradient.as<float>();
        float largest = 0;
        for (float g : b) largest = std::max(largest, std::abs(g));
        for (size_t i = 0; i < b.size(); ++i)
          ASSERT_NEAR(a[i], b[i], 2e-3f * largest + 1e-7f) << name << " threads=" << threads;
      }
    }
}

INSTANTIATE_TEST_SUITE_P(All, BackendPresets,
                         testing::Combine(testing::ValuesIn(devices()),
                                          testing::Values("hrm", "trm-attention", "trm-mlp", "eqr", "sic")),
                         [](const auto& test) {
                           return test_name(std::get<0>(test.param) + "_" + std::get<1>(test.param));
                         });

class BackendDevices : public testing::TestWithParam<std::string> {};

TEST_P(BackendDevices, CarrySelectsSavesAndLoads) {
  const ModelConfig config = tiny_model("hrm");
  const Examples examples(config, 4, 4);
  const auto backend = tiny_backend(GetParam(), config);
  const auto carry = fresh_carry(*backend, examples.batch());
  backend->forward(examples.batch(), *carry, {});
  const NamedTensors state = backend->save(*carry);
  EXPECT_EQ(backend->save(*backend->load(state)), state);
  const std::vector<size_t> keep = {2, 0, 2};
  const NamedTensors some = backend->save(*backend->select(*carry, keep));
  const size_t width = state.at("z_H").as<float>().size() / 4;
  EXPECT_EQ(some.at("z_H").shape(), (Shape{3, config.tokens(), 32}));
  for (size_t i = 0; i < keep.size(); ++i)
    for (size_t j = 0; j < width; ++j)
      ASSERT_EQ(some.at("z_H").as<float>()[i * width + j], state.at("z_H").as<float>()[keep[i] * width + j]);
  NamedTensors wrong = state;
  wrong.erase("z_L");
  EXPECT_THROW(backend->load(wrong), Error);
  wrong = state;
  wrong.at("z_H") = HostTensor(DType::kF32, {4, 2, 32});
  EXPECT_THROW(backend->load(wrong), Error);
}

TEST_P(BackendDevices, ResetTouchesOnlyTheMarkedSlots) {
  ModelConfig config = tiny_model("trm-mlp");
  config.arch.initial_state = model::InitialState::kRandom;
  const Examples examples(config, 3, 5);
  const auto backend = tiny_backend(GetParam(), config);
  const auto carry = fresh_carry(*backend, examples.batch());
  const NamedTensors start = backend->save(*carry);
  backend->forward(examples.batch(), *carry, {});
  const NamedTensors moved = backend->save(*carry);
  backend->reset(*carry, examples.batch(), std::vector<uint8_t>{0, 1, 0});
  const NamedTensors mixed = backend->save(*carry);
  const size_t width = start.at("z_L").as<float>().size() / 3;
  for (size_t i = 0; i < 3 * width; ++i)
    ASSERT_EQ(mixed.at("z_L").as<float>()[i], (i / width == 1 ? start : moved).at("z_L").as<float>()[i]);
}

TEST_P(BackendDevices, RandomStatesAndNoiseFollowTheSeedsAlone) {
  ModelConfig config = tiny_model("eqr");
  const Examples examples(config, 2, 6);
  const auto backend = tiny_backend(GetParam(), config);
  const auto run = [&](const Batch& batch) {
    const auto carry = fresh_carry(*backend, batch);
    return backend->forward(batch, *carry, {.logits = true}).logits;
  };
  EXPECT_EQ(run(examples.batch()), run(examples.batch()));
  Examples other = examples;
  other.seeds[0] += 1;
  EXPECT_NE(run(other.batch()), run(examples.batch()));
  Batch unseeded = examples.batch();
  unseeded.noise_seeds = {};
  EXPECT_THROW(run(unseeded), Error);
}

TEST_P(BackendDevices, OnlyTheBestChainLearnsAndItsSlowStateIsShared) {
  ModelConfig config = tiny_model("sic");
  const Examples examples(config, 3, 7);
  const auto backend = tiny_backend(GetParam(), config);
  const auto carry = fresh_carry(*backend, examples.batch());
  const std::vector<uint8_t> last(3, 0);
  with_gradients(*backend).gradients(examples.batch(), last, *carry, {});
  const NamedTensors state = backend->save(*carry);
  ASSERT_EQ(state.at("z_H").shape(), (Shape{3, 4, config.tokens(), 32}));
  const auto z_H = state.at("z_H").as<float>(), z_L = state.at("z_L").as<float>();
  const size_t width = z_H.size() / 12;
  for (size_t b = 0; b < 3; ++b)
    for (size_t i = 0; i < width; ++i) ASSERT_EQ(z_H[(b * 4) * width + i], z_H[(b * 4 + 3) * width + i]);
  EXPECT_FALSE(std::equal(z_L.begin(), z_L.begin() + static_cast<long>(width), z_L.begin() + static_cast<long>(width)));
}

TEST_P(BackendDevices, StepThatIsNotFiniteChangesNothing) {
  const ModelConfig config = tiny_model("trm-mlp");
  const Examples examples(config, 2, 8);
  const auto backend = tiny_backend(GetParam(), config);
  NamedTensors weights = backend->weights(WeightSet::kLive);
  weights.at("model.inner.lm_head.weight").as<float>()[0] = INFINITY;
  backend->set_weights(weights);
  backend->set_optimizer({});
  const auto carry = fresh_carry(*backend, examples.batch());
  const NamedTensors before = backend->save(*carry), state = backend->optimizer_state();
  const auto output = backend->train_step(examples.batch(), std::vector<uint8_t>(2, 0), *carry, {.ema_rate = 0.9});
  EXPECT_FALSE(output.applied);
  EXPECT_EQ(backend->save(*carry), before);
  EXPECT_EQ(backend->optimizer_state(), state);
  EXPECT_EQ(backend->weights(WeightSet::kLive), weights);
}

TEST_P(BackendDevices, RefusesBatchesThatDoNotFit) {
  const ModelConfig config = tiny_model("hrm");
  const Examples examples(config, 2, 9);
  const auto backend = tiny_backend(GetParam(), config);
  const auto carry = fresh_carry(*backend, examples.batch());
  const auto refused = [&](Batch batch) { EXPECT_THROW(backend->forward(batch, *carry, {}), Error); };
  Batch batch = examples.batch();
  batch.inputs = batch.inputs.first(5);
  refused(batch);
  Examples wrong = examples;
  wrong.inputs[3] = 5;
  refused(wrong.batch());
  wrong = examples;
  wrong.identifiers[1] = 3;
  refused(wrong.batch());
  EXPECT_THROW(backend->train_step(examples.batch(), std::vector<uint8_t>(2, 0), *carry, {}), Error) << "no optimizer";
}

// The step that was refused must leave no trace in the gradient sums, the packed weights or the moments.
TEST_P(BackendDevices, StepAfterOneThatIsNotFiniteIsAsIfThatHadNeverBeen) {
  const ModelConfig config = tiny_model("hrm");
  const Examples examples(config, 3, 10);
  const NamedTensors good = lively_weights(config);
  NamedTensors bad = good;
  bad.at("model.inner.embed_tokens.embedding_weight").as<float>()[40] = NAN;  // token 1, which every example has
  const std::vector<uint8_t> last(3, 0);
  const auto clean = tiny_backend(GetParam(), config, 2), scarred = tiny_backend(GetParam(), config, 2);
  scarred->set_weights(bad);
  scarred->set_optimizer({});
  ASSERT_FALSE(scarred->train_step(examples.batch(), last, *fresh_carry(*scarred, examples.batch()), {}).applied);
  scarred->set_weights(good);
  clean->set_optimizer({});
  scarred->set_optimizer({});
  const auto a = fresh_carry(*clean, examples.batch()), b = fresh_carry(*scarred, examples.batch());
  const auto expected = clean->train_step(examples.batch(), last, *a, {.ema_rate = 0.9});
  const auto output = scarred->train_step(examples.batch(), last, *b, {.ema_rate = 0.9});
  EXPECT_TRUE(output.applied);
  EXPECT_TRUE(std::isfinite(output.loss));
  EXPECT_EQ(output.loss, expected.loss);
  EXPECT_EQ(scarred->weights(WeightSet::kLive), clean->weights(WeightSet::kLive));
  EXPECT_EQ(scarred->optimizer_state(), clean->optimizer_state());
  EXPECT_EQ(scarred->save(*b), clean->save(*a));
}

INSTANTIATE_TEST_SUITE_P(All, BackendDevices, testing::ValuesIn(devices()));

}  // namespace
}  // namespace hrm::backends
