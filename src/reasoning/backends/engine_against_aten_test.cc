// The engine against libtorch's automatic differentiation and against its optimizers: what golden cases do not cover.
#if HRM_TORCH

#include <gtest/gtest.h>

#include <cmath>

#include "backends/testing/devices.h"
#include "backends/testing/golden.h"
#include "engine/losses.h"

namespace hrm::backends {
namespace {

using model::ModelConfig;
using model::OptimizerConfig;
using model::OptimizerKind;
using model::Precision;
using model::WeightSet;

struct Case {
  const char* name;
  const char* preset;
  bool learned = false, local = false;
  int64_t puzzle = 32;  // width of the puzzle embedding, 0 for none
  model::LossConfig loss = {};
};

ModelConfig model(const Case& c, Precision precision) {
  ModelConfig config = tiny_model(c.preset);
  if (c.local) {
    config.arch.mlp_t = false;
    config.arch.local_t = true;
  }
  if (c.learned) config.arch.pos_encodings = model::Positions::kLearned;
  config.arch.puzzle_emb_ndim = c.puzzle;
  config.arch.loss = c.loss;
  config.arch.forward_dtype = precision;
  return config;
}

NamedTensors weights_of(const ModelConfig& config, uint64_t seed) {
  NamedTensors weights = lively_weights(config, seed);
  if (const auto at = weights.find("model.inner.puzzle_emb.weights"); at != weights.end()) {
    Rng rng(seed);
    for (float& w : at->second.as<float>()) w = static_cast<float>(0.3 * rng.normal());
  }
  return weights;
}

// Gradients of the second segment, so that the states are no longer those of the beginning.
NamedTensors second_gradients(const std::string& device, const ModelConfig& config, uint64_t seed) {
  const auto backend = make_backend(config, {.device = device, .threads = 1});
  backend->set_weights(weights_of(config, seed));
  const Examples examples(config, 5, seed + 100);
  const auto carry = fresh_carry(*backend, examples.batch());
  const std::vector<uint8_t> last = {0, 1, 0, 0, 1};
  with_gradients(*backend).gradients(examples.batch(), last, *carry, {});
  return with_gradients(*backend).gradients(examples.batch(), last, *carry, {}).by_name;
}

class EngineAgainstAten : public testing::TestWithParam<Case> {};

TEST_P(EngineAgainstAten, GradientsAgreeInFloat32) {
  const ModelConfig config = model(GetParam(), Precision::kFloat32);
  for (const uint64_t seed : {1, 2}) {
    const NamedTensors mine = second_gradients("cpu", config, seed), theirs = second_gradients("aten", config, seed);
    ASSERT_EQ(mine.size(), theirs.size());
    double worst = 0;
    for (const auto& [name, gradient] : theirs) {
      ASSERT_TRUE(mine.contains(name)) << name;
      ASSERT_EQ(mine.at(name).shape(), gradient.shape()) << name;
      const Deviation d = deviation(mine.at(name), gradient);
      EXPECT_LE(d.largest, 1e-4 * d.scale + 1e-9) << name << ", seed " << seed;
      worst = std::max(worst, d.largest / std::max(d.scale, 1e-30));
    }
    fmt::print("  {} seed {}: largest relative deviation of a gradient {:.1e}\n", GetParam().name, seed, worst);
  }
}

// Squared distances over all tensors, each in units of its size: rounding to bfloat16 makes single ones noisy.
double distance(const NamedTensors& a, const NamedTensors& b) {
  double total = 0;
  for (const auto& [name, tensor] : b) {
    const auto x = a.at(name).as<float>(), y = tensor.as<float>();
    double difference = 0, size = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      difference += (double{x[i]} - y[i]) * (double{x[i]} - y[i]);
      size += double{y[i]} * y[i];
    }
    if (size > 0) total += difference / size;
  }
  return std::sqrt(total / static_cast<double>(b.size()));
}

TEST_P(EngineAgainstAten, BFloat16IsNoFartherFromFloat32ThanTwiceThatOfLibtorch) {
  const ModelConfig exact = model(GetParam(), Precision::kFloat32), rounded = model(GetParam(), Precision::kBFloat16);
  double mine = 0, theirs = 0;
  for (const uint64_t seed : {1, 2, 3, 4}) {
    mine += distance(second_gradients("cpu", rounded, seed), second_gradients("cpu", exact, seed));
    theirs += distance(second_gradients("aten", rounded, seed), second_gradients("aten", exact, seed));
  }
  fmt::print("  {}: relative distance of bfloat16 gradients {:.4f}, of libtorch's {:.4f}\n", GetParam().name, mine / 4,
             theirs / 4);
  EXPECT_LE(mine, 2 * theirs);
  EXPECT_GT(theirs, 0);
}

INSTANTIATE_TEST_SUITE_P(Cases, EngineAgainstAten,
                         testing::Values(Case{.name = "hrm", .preset = "hrm"},
                                         Case{.name = "hrm_learned_softmax_smoothed",
                                              .preset = "hrm",
                                              .learned = true,
                                              .puzzle = 0,
                                              .loss = {model::LossType::kSoftmax, 0.1}},
                                         Case{.name = "hrm_two_puzzle_tokens", .preset = "hrm", .puzzle = 48},
                                         Case{.name = "trm_attention", .preset = "trm-attention"},
                                         Case{.name = "trm_attention_stablemax_smoothed",
                                              .preset = "trm-attention",
                                              .loss = {model::LossType::kStablemax, 0.2}},
                                         Case{.name = "trm_mlp", .preset = "trm-mlp"},
                                         Case{.name = "trm_mlp_without_puzzles",
                                              .preset = "trm-mlp",
                                              .puzzle = 0,
                                              .loss = {model::LossType::kSoftmax, 0}},
                                         Case{.name = "trm_local", .preset = "trm-mlp", .local = true, .puzzle = 0},
                                         Case{.name = "trm_planes", .preset = "trm-planes", .puzzle = 0},
                                         Case{.name = "trm_planes_stablemax",
                                              .preset = "trm-planes",
                                              .puzzle = 0,
                                              .loss = {model::LossType::kStablemax, 0.1}},
                                         Case{.name = "eqr", .preset = "eqr"}, Case{.name = "sic", .preset = "sic"}),
                         [](const auto& test) { return std::string(test.param.name); });

// ---- optimizers ----

struct Update {
  const char* name;
  OptimizerConfig config;
};

class OptimizersAgree : public testing::TestWithParam<Update> {};

struct Trainee {
  Trainee(const std::string& device, const ModelConfig& config, const OptimizerConfig& optimizer)
      : backend(make_backend(config, {.device = device, .threads = 2})) {
    backend->set_weights(weights_of(config, 9));
    backend->set_optimizer(optimizer);
  }
  std::unique_ptr<model::Backend> backend;
};

void expect_close(const NamedTensors& mine, const NamedTensors& theirs, double tolerance, const std::string& what) {
  ASSERT_EQ(mine.size(), theirs.size()) << what;
  for (const auto& [name, tensor] : theirs) {
    ASSERT_TRUE(mine.contains(name)) << what << " " << name;
    if (tensor.dtype() != DType::kF32) {
      EXPECT_EQ(mine.at(name), tensor) << what << " " << name;
      continue;
    }
    const Deviation d = deviation(mine.at(name), tensor);
    EXPECT_LE(d.largest, tolerance * std::max(1.0, d.scale)) << what << " " << name;
  }
}

// One step from equal weights and moments at a time: atan2 and orthogonalization make much of tiny gradients' rounding,
// which a run of many steps would add up. Batches with the same puzzle twice; clipping where configured.
TEST_P(OptimizersAgree, StepByStepAndStatesAreExchangeable) {
  const ModelConfig config = model({.name = "", .preset = "hrm", .puzzle = 40}, Precision::kFloat32);
  const OptimizerConfig& optimizer = GetParam().config;
  Trainee mine("cpu", config, optimizer), theirs("aten", config, optimizer);
  Examples examples(config, 6, 11);
  examples.identifiers = {2, 0, 2, 1, 0, 2};
  const std::vector<uint8_t> last(6, 0);
  const double rates[] = {0, 0.9, 0.5, 0.9, 0, 0.8};  // the average starts, stops and starts again
  for (size_t step = 0; step < std::size(rates); ++step) {
    const auto a = fresh_carry(*mine.backend, examples.batch()), b = fresh_carry(*theirs.backend, examples.batch());
    const model::TrainOptions options{.lr_factor = 0.5, .ema_rate = rates[step]};
    const auto x = mine.backend->train_step(examples.batch(), last, *a, options);
    const auto y = theirs.backend->train_step(examples.batch(), last, *b, options);
    EXPECT_NEAR(x.gradient_norm, y.gradient_norm, 1e-4 * y.gradient_norm);
    const std::string what = fmt::format("step {}", step + 1);
    const double tolerance = optimizer.optimizer == OptimizerKind::kMuon ? 5e-5 : 2e-5;
    expect_close(mine.backend->weights(WeightSet::kLive), theirs.backend->weights(WeightSet::kLive), tolerance, what);
    expect_close(mine.backend->weights(WeightSet::kAveraged), theirs.backend->weights(WeightSet::kAveraged), tolerance,
                 what + ", average");
    expect_close(mine.backend->optimizer_state(), theirs.backend->optimizer_state(), tolerance, what + ", state");
    // Each continues from what the other saved.
    NamedTensors weights = mine.backend->weights(WeightSet::kLive), state = mine.backend->optimizer_state();
    if (step % 2 == 1) weights = theirs.backend->weights(WeightSet::kLive), state = theirs.backend->optimizer_state();
    for (auto* trainee : {&mine, &theirs}) {
      trainee->backend->set_weights(weights);
      trainee->backend->set_optimizer(optimizer);
      trainee->backend->set_optimizer_state(state);
      EXPECT_EQ(trainee->backend->optimizer_state(), state) << what;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, OptimizersAgree,
                         testing::Values(Update{"adam_atan2", {.lr = 1e-3, .weight_decay = 0.5, .puzzle_emb_lr = 1e-2}},
                                         Update{"adam_atan2_clipped", {.lr = 1e-3, .grad_clip = 0.05}},
                                         Update{"muon",
                                                {.optimizer = OptimizerKind::kMuon, .lr = 1e-3, .muon_lr = 1e-2}},
                                         Update{"muon_clipped_decayed",
                                                {.optimizer = OptimizerKind::kMuon,
                                                 .lr = 1e-3,
                                                 .muon_lr = 1e-2,
                                                 .muon_momentum = 0.8,
                                                 .muon_weight_decay = 0.5,
                                                 .grad_clip = 0.05}}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace hrm::backends

#endif
