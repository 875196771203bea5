// What the engine promises beyond model/backend.h: bits that do not depend on the batch or on threads. What every
// backend must do is tested in api.
#include "engine/engine_backend.h"

#include <gtest/gtest.h>

#include "backends/testing/devices.h"
#include "base/error.h"
#include "model/weights.h"
#include "solving/train_stepper.h"

namespace hrm::backends {
namespace {

using model::ModelConfig;
using model::Precision;

struct ModelCase {
  const char* name;
  const char* preset;
  Precision precision;
  int64_t seq_len;
  bool local = false;
};

ModelConfig model(const ModelCase& c) {
  ModelConfig config{.arch = model::arch_preset(c.preset),
                     .data = {.seq_len = c.seq_len, .vocab_size = 5, .num_puzzle_identifiers = 3}};
  auto& arch = config.arch;
  arch.hidden_size = 128;
  arch.num_heads = 4;  // heads of 32: narrower ones meet libxsmm kernels whose last bits depend on n (gemm_test.cc)
  arch.L_layers = 1;
  arch.H_layers = arch.shared_net ? 0 : 1;
  arch.H_cycles = 1;
  arch.L_cycles = 2;
  arch.halt_max_steps = 3;
  arch.forward_dtype = c.precision;
  if (arch.puzzle_emb_ndim > 0) arch.puzzle_emb_ndim = 128;
  if (c.local) {
    arch.mlp_t = false;
    arch.local_t = true;
    arch.puzzle_emb_ndim = 0;
  }
  arch.puzzle_emb_len = 0;
  return config;
}

std::unique_ptr<model::Backend> make(const ModelConfig& config, size_t threads) {
  auto backend = engine::make_engine_backend(config, {.device = "cpu", .threads = threads});
  backend->set_weights(lively_weights(config));
  return backend;
}

// Logits, q and states after a segment.
NamedTensors one_segment(const ModelConfig& config, size_t threads, const model::Batch& batch) {
  const auto backend = make(config, threads);
  const auto carry = backend->make_carry(batch.size);
  backend->reset(*carry, batch, std::vector<uint8_t>(batch.size, 1));
  const model::SegmentOutput out = backend->forward(batch, *carry, {.logits = true});
  NamedTensors all = backend->save(*carry);
  const auto put = [&](const char* name, const std::vector<float>& values) {
    const auto B = static_cast<int64_t>(batch.size);
    all.emplace(name, HostTensor::of<float>({B, static_cast<int64_t>(values.size()) / B}, values));
  };
  put("logits", out.logits);
  put("q_halt", out.q_halt);
  put("q_continue", out.q_continue);
  return all;
}

void expect_rows_equal(const NamedTensors& all, size_t first, const NamedTensors& some) {
  for (const auto& [name, tensor] : some) {
    const auto part = tensor.as<float>(), whole = all.at(name).as<float>();
    const size_t width = part.size() / static_cast<size_t>(tensor.shape()[0]);
    EXPECT_TRUE(std::ranges::equal(part, whole.subspan(first * width, part.size()))) << name;
  }
}

class EngineBackend : public testing::TestWithParam<ModelCase> {};

TEST_P(EngineBackend, AnExamplesBitsDependNeitherOnTheBatchNorOnThreads) {
  const ModelConfig config = model(GetParam());
  const Examples examples(config, 5, 1);
  const NamedTensors all = one_segment(config, 1, examples.batch());
  for (const size_t threads : {1, 2, 3}) {
    SCOPED_TRACE(testing::Message() << threads << " threads");
    expect_rows_equal(all, 0, one_segment(config, threads, examples.batch()));
    for (const size_t row : {0, 4})  // fewer examples than threads: several share one
      expect_rows_equal(all, row, one_segment(config, threads, examples.rows(row, 1)));
  }
  expect_rows_equal(all, 1, one_segment(config, 4, examples.rows(1, 2)));
}

TEST_P(EngineBackend, TrainingRepeatsItsBits) {
  const ModelConfig config = model(GetParam());
  const Examples examples(config, 7, 2);
  for (const size_t threads : {1, 2, 3}) {
    SCOPED_TRACE(testing::Message() << threads << " threads");
    const auto train = [&] {
      const auto backend = make(config, threads);
      backend->set_optimizer({.lr = 1e-2});
      solving::TrainStepper stepper(*backend, {.batch = 7, .seed = 3});
      for (int i = 0; i < 4; ++i) stepper.step(examples.batch(), {.ema_rate = 0.9});
      NamedTensors state = backend->weights(model::WeightSet::kLive);
      state.merge(backend->optimizer_state());
      state.merge(stepper.save());
      return state;
    };
    EXPECT_EQ(train(), train());
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, EngineBackend,
                         testing::Values(ModelCase{"attention_f32_odd", "hrm", Precision::kFloat32, 18},
                                         ModelCase{"attention_f32_even", "hrm", Precision::kFloat32, 19},
                                         ModelCase{"attention_bf16_odd", "trm-attention", Precision::kBFloat16, 18},
                                         ModelCase{"attention_bf16_even", "trm-attention", Precision::kBFloat16, 19},
                                         ModelCase{"mixer_f32_odd", "trm-mlp", Precision::kFloat32, 18},
                                         ModelCase{"mixer_f32_even", "trm-mlp", Precision::kFloat32, 19},
                                         ModelCase{"mixer_bf16_odd", "trm-mlp", Precision::kBFloat16, 18},
                                         ModelCase{"mixer_bf16_even", "trm-mlp", Precision::kBFloat16, 19},
                                         ModelCase{"planes_f32", "trm-planes", Precision::kFloat32, 16},
                                         ModelCase{"planes_bf16", "trm-planes", Precision::kBFloat16, 36},
                                         ModelCase{"local_f32", "trm-mlp", Precision::kFloat32, 25, true},
                                         ModelCase{"local_bf16", "trm-mlp", Precision::kBFloat16, 36, true},
                                         ModelCase{"noise_f32_odd", "eqr", Precision::kFloat32, 18},
                                         ModelCase{"chains_bf16_odd", "sic", Precision::kBFloat16, 18}),
                         [](const auto& test) { return std::string(test.param.name); });

// With the initial q_head (weight 0, bias -5) q_continue equals its target. AdamATan2 makes a full step of a gradient
// however small, so rounding must not leave one.
TEST(EngineBackendGradients, OfAnUntrainedQContinueAreExactlyZero) {
  const ModelConfig config = model({"", "hrm", Precision::kFloat32, 18});
  const Examples examples(config, 4, 3);
  const auto backend = engine::make_engine_backend(config, {.device = "cpu", .threads = 1});
  backend->set_weights(model::initial_weights(config, 5));
  const auto carry = backend->make_carry(4);
  backend->reset(*carry, examples.batch(), std::vector<uint8_t>(4, 1));
  const NamedTensors gradients =
      backend->gradients(examples.batch(), std::vector<uint8_t>{0, 1, 0, 1}, *carry, {}).by_name;
  const auto bias = gradients.at("model.inner.q_head.bias").as<float>();
  EXPECT_NE(bias[0], 0);
  EXPECT_EQ(bias[1], 0);
  const auto weight = gradients.at("model.inner.q_head.weight").as<float>();
  for (const float g : weight.subspan(weight.size() / 2)) ASSERT_EQ(g, 0);
}

TEST(EngineBackendLimits, RefusesOddWidthsAndSaysWhich) {
  ModelConfig config = model({"", "trm-mlp", Precision::kFloat32, 18});
  config.arch.hidden_size = 95;
  config.arch.puzzle_emb_ndim = 0;
  config.arch.num_heads = 1;
  try {
    engine::make_engine_backend(config, {});
    FAIL() << "an odd width was accepted";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("hidden_size 95"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("even"), std::string::npos) << e.what();
    EXPECT_EQ(e.exit_code(), 2);
  }
  config = model({"", "hrm", Precision::kFloat32, 18});
  config.arch.pos_encodings = model::Positions::kLearned;
  config.arch.hidden_size = 96;
  config.arch.puzzle_emb_ndim = 0;
  config.arch.num_heads = 32;  // heads of width 3
  EXPECT_THROW(engine::make_engine_backend(config, {}), Error);
}

}  // namespace
}  // namespace hrm::backends
