#include "solving/initial_model.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"
#include "model/weights.h"

namespace hrm::solving {
namespace {

constexpr const char* kTable = "model.inner.puzzle_emb.weights";

ModelFile small_model(const char* preset = "trm-attention") {
  ModelFile model{.config = {.arch = model::arch_preset(preset),
                             .data = {.seq_len = 16, .vocab_size = 6, .num_puzzle_identifiers = 2}},
                  .family = {{"family", "sudoku"}}};
  model.config.arch.hidden_size = model.config.arch.puzzle_emb_ndim = 32;
  model.config.arch.num_heads = 2;
  model.config.arch.puzzle_emb_len = 1;
  model.weights = model::initial_weights(model.config, 3);
  for (auto& [name, tensor] : model.weights)
    if (name == kTable)
      for (size_t i = 0; i < 64; ++i) tensor.as<float>()[i] = static_cast<float>(i);
  return model;
}

void expect_start_refused(const ModelFile& model, const model::ModelConfig& config, const std::string& part) {
  hrm::expect_refused([&] { initial_weights_from(model, config, nullptr, "m"); }, {part});
}

TEST(InitialModel, WhatFitsIsKept) {
  const ModelFile model = small_model();
  testing::internal::CaptureStderr();
  EXPECT_EQ(initial_weights_from(model, model.config, model.family, "m"), model.weights);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("puzzle table of 2 rows kept"), std::string::npos);
}

TEST(InitialModel, APuzzleTableOfAnotherSizeIsResetToItsMean) {
  const ModelFile model = small_model();
  model::ModelConfig other = model.config;
  other.data.num_puzzle_identifiers = 5;
  other.data.seq_len = 100;
  other.arch.H_cycles += 1;
  testing::internal::CaptureStderr();
  const NamedTensors weights = initial_weights_from(model, other, {{"family", "maze"}}, "m");
  const std::string said = testing::internal::GetCapturedStderr();
  for (const char* part :
       {"2 rows reset to their mean, 5 rows", "arch.H_cycles: 3 -> 4", "data.seq_len: 16 -> 100", "warning", "maze"})
    EXPECT_NE(said.find(part), std::string::npos) << said;
  EXPECT_EQ(weights.at(kTable).shape(), (Shape{5, 32}));
  for (size_t i = 0; i < 160; ++i) EXPECT_EQ(weights.at(kTable).as<float>()[i], static_cast<float>(i % 32) + 16);
  EXPECT_EQ(weights.at("model.inner.lm_head.weight"), model.weights.at("model.inner.lm_head.weight"));
  EXPECT_NO_THROW(model::check_weights(other, weights, "m"));
}

TEST(InitialModel, WhatDoesNotFitIsNamed) {
  const ModelFile model = small_model();
  model::ModelConfig other = model.config;
  other.data.vocab_size = 8;
  expect_start_refused(model, other, "for 6 token ids, but the data set has 8");
  other = model.config;
  other.arch.hidden_size = 64;
  expect_start_refused(model, other, "own architecture");
  other = model.config;
  other.arch.shared_net = false;
  other.arch.H_layers = 1;
  expect_start_refused(model, other, "has no tensor 'model.inner.H_level");
  const ModelFile mixing = small_model("trm-mlp");
  other = mixing.config;
  other.data.seq_len = 36;
  expect_start_refused(mixing, other, "puzzles of 16 tokens, the data set has 36");
}

}  // namespace
}  // namespace hrm::solving
