#include "engine/parameter_layout.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace hrm::engine {
namespace {

model::ModelConfig model(const char* preset) {
  model::ModelConfig config{.arch = model::arch_preset(preset), .data = {9, 5, 3}};
  config.arch.hidden_size = 32;
  config.arch.num_heads = 2;
  if (config.arch.puzzle_emb_ndim > 0) config.arch.puzzle_emb_ndim = 48;
  config.arch.puzzle_emb_len = 0;
  return config;
}

class Layouts : public testing::TestWithParam<const char*> {};

TEST_P(Layouts, PlaceEveryParameterOnceTrainedOnesFirst) {
  const model::ModelConfig config = model(GetParam());
  const ParameterLayout layout(config);
  EXPECT_EQ(layout.parameters().size(), parameters(config).size());
  size_t at = 0;
  for (size_t i = 0; i < layout.parameters().size(); ++i) {
    const model::Parameter& p = layout.parameters()[i];
    EXPECT_EQ(layout.offset(i), at) << p.name;
    EXPECT_EQ(layout.count(i), static_cast<size_t>(element_count(p.shape))) << p.name;
    EXPECT_EQ(layout.rows(i) * layout.columns(i), layout.count(i)) << p.name;
    EXPECT_EQ(i < layout.trained(), p.kind != model::ParameterKind::kPuzzle && p.kind != model::ParameterKind::kBuffer)
        << p.name;
    at += layout.count(i);
  }
  EXPECT_EQ(layout.size(), at);
  EXPECT_EQ(static_cast<int64_t>(layout.trained_size()), parameter_count(config));
}

TEST_P(Layouts, IndexNamesTheRightParameters) {
  const model::ModelConfig config = model(GetParam());
  const ParameterLayout layout(config);
  const ModelIndex& index = layout.index();
  const auto name = [&](size_t i) { return layout.parameters().at(i).name; };
  EXPECT_EQ(name(index.lm_head), "model.inner.lm_head.weight");
  EXPECT_EQ(name(index.q_weight), "model.inner.q_head.weight");
  EXPECT_EQ(name(index.q_bias), "model.inner.q_head.bias");
  EXPECT_EQ(name(index.embed_tokens), "model.inner.embed_tokens.embedding_weight");
  EXPECT_EQ(name(index.H_init), "model.inner.H_init");
  EXPECT_EQ(name(index.L_init), "model.inner.L_init");
  EXPECT_EQ(index.puzzle_emb == kNone, config.puzzle_tokens() == 0);
  EXPECT_EQ(index.embed_pos == kNone, config.arch.pos_encodings != model::Positions::kLearned);
  EXPECT_EQ(index.L.size(), static_cast<size_t>(config.arch.L_layers));
  for (size_t i = 0; i < index.L.size(); ++i) {
    const std::string prefix = model::block_prefix('L', static_cast<int64_t>(i));
    EXPECT_TRUE(name(index.L[i].gate_up).starts_with(prefix + "mlp.gate_up")) << name(index.L[i].gate_up);
    EXPECT_TRUE(name(index.L[i].down).starts_with(prefix + "mlp.down"));
    EXPECT_TRUE(
        name(index.L[i].mixer_in).starts_with(prefix + (config.arch.mlp_t ? "mlp_t.gate_up" : "self_attn.qkv")));
    EXPECT_TRUE(name(index.L[i].mixer_out).starts_with(prefix + (config.arch.mlp_t ? "mlp_t.down" : "self_attn.o")));
  }
  EXPECT_EQ(index.H.size(), static_cast<size_t>(config.arch.shared_net ? config.arch.L_layers : config.arch.H_layers));
  EXPECT_EQ(index.H[0].down == index.L[0].down, config.arch.shared_net);
}

TEST_P(Layouts, ImportAndExportAreInverse) {
  const model::ModelConfig config = model(GetParam());
  const ParameterLayout layout(config);
  const NamedTensors weights = initial_weights(config, 3);
  std::vector<float> all(layout.size(), -1.f);
  layout.import_weights(weights, all);
  EXPECT_EQ(layout.export_weights(all), weights);
  const auto head = weights.at("model.inner.lm_head.weight").as<float>();
  EXPECT_TRUE(std::ranges::equal(layout.slice(std::span<const float>(all), layout.index().lm_head), head));
}

INSTANTIATE_TEST_SUITE_P(Presets, Layouts, testing::Values("hrm", "trm-attention", "trm-mlp", "direct"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace hrm::engine
