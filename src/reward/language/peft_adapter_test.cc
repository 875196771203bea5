#include "language/peft_adapter.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing/refused.h"
#include "formats/safetensors.h"
#include "formats/torch_pickle.h"
#include "language/peft_config.h"
#include "torch/host.h"

namespace hrm::language {
namespace {

namespace fs = std::filesystem;

constexpr const char *kQ = "model.layers.0.self_attn.q_proj", *kV = "model.layers.1.self_attn.v_proj",
                     *kDown = "model.layers.1.mlp.down_proj", *kEmbedding = "model.embed_tokens.weight";

LanguageModel base_model(bool tied = false, HeadKind head = HeadKind::kLanguage, Family family = Family::kLlama) {
  const DecoderConfig config{.model_type = family,
                             .hidden_size = 16,
                             .intermediate_size = 24,
                             .num_hidden_layers = 2,
                             .num_attention_heads = 4,
                             .num_key_value_heads = 2,
                             .head_dim = 4,
                             .vocab_size = 20,
                             .max_position_embeddings = 64,
                             .tie_word_embeddings = tied,
                             .attention_bias = family == Family::kQwen2};
  return initial_model(config, head, 2, {.seed = 3, .stddev = 0.3});
}

at::Tensor some(at::IntArrayRef shape, int64_t seed) {
  return initial_parameters({{"x", shape.vec()}}, static_cast<uint64_t>(seed), 0.5).at("x");
}

Json plain_config() {
  return {{"peft_type", "LORA"}, {"task_type", "CAUSAL_LM"}, {"r", 2},
          {"lora_alpha", 6},     {"bias", "none"},           {"target_modules", {"q_proj"}},
          {"lora_dropout", 0.1}, {"init_lora_weights", true}};
}

class PeftAdapter : public testing::Test {
 protected:
  // Adds A and B of a module of the model.
  void adapt(const std::string& module, const at::Tensor& a, const at::Tensor& b) {
    tensors_[module + ".lora_A.weight"] = a;
    tensors_[module + ".lora_B.weight"] = b;
  }
  // The same in every layer, at random.
  void adapt_layers(const std::string& module, int64_t r) {
    for (int64_t i = 0; i < 2; ++i) {
      const std::string name = layer_prefix(i) + module;
      const at::Tensor w = base_.parameters.at(name + ".weight");
      adapt(name, some({r, w.size(1)}, 10 + i), some({w.size(0), r}, 20 + i));
    }
  }
  LanguageModel merged() {
    Safetensors file;
    for (const auto& [name, tensor] : tensors_)
      file.tensors.emplace("base_model.model." + name, torch::to_host(tensor.contiguous()));
    save_safetensors(folder_.path() / "adapter_model.safetensors", file);
    write_json(folder_.path() / "adapter_config.json", config_);
    LanguageModel model = base_;
    for (auto& [name, tensor] : model.parameters) tensor = tensor.clone();
    merge_adapter(model, folder_.path());
    return model;
  }
  void expect_weight(const LanguageModel& model, const std::string& name, const at::Tensor& wanted) {
    const at::Tensor have = model.parameters.at(name);
    EXPECT_TRUE(have.allclose(wanted, 1e-5, 1e-6)) << name << ": off by " << (have - wanted).abs().max().item<float>();
  }
  at::Tensor weight(const std::string& module) const { return base_.parameters.at(module + ".weight"); }
  at::Tensor product(const std::string& module) const {
    return at::mm(tensors_.at(module + ".lora_B.weight"), tensors_.at(module + ".lora_A.weight"));
  }
  void expect_refused(const std::string& part) {
    hrm::expect_refused([&] { merged(); }, {part});
  }

  const TemporaryFolder folder_;
  LanguageModel base_ = base_model();
  Json config_ = plain_config();
  std::map<std::string, at::Tensor> tensors_;
};

TEST_F(PeftAdapter, AlphaAndRankHavePatterns) {
  config_["target_modules"] = {"q_proj", "v_proj", "down_proj"};
  config_["alpha_pattern"] = {{R"(layers\.0\..*q_proj)", 40}, {"down_proj", 3.5}};
  config_["rank_pattern"] = {{"^model.layers.1.mlp.down_proj", 1}, {"v_proj", 3}};
  adapt_layers("self_attn.q_proj", 2);
  adapt_layers("self_attn.v_proj", 3);
  adapt_layers("mlp.down_proj", 2);
  adapt(kDown, some({1, 24}, 30), some({16, 1}, 31));
  const LanguageModel model = merged();
  const std::string q1 = "model.layers.1.self_attn.q_proj", down0 = "model.layers.0.mlp.down_proj";
  for (const auto& [module, scale] :
       {std::pair<std::string, double>{kQ, 20.0}, {q1, 3.0}, {kV, 2.0}, {kDown, 3.5}, {down0, 1.75}})
    expect_weight(model, module + ".weight", weight(module) + product(module) * scale);
}

TEST_F(PeftAdapter, ARankStabilizedScale) {
  config_["use_rslora"] = true;
  config_["r"] = 4;
  adapt_layers("self_attn.q_proj", 4);
  expect_weight(merged(), std::string(kQ) + ".weight", weight(kQ) + product(kQ) * 3);
}

// What peft 0.21.2 computes, applied and merged: E' = m / |E + s (B A)^T| (E + s (B A)^T), |.| of each column.
TEST_F(PeftAdapter, ADoraEmbeddingHasAMagnitudePerChannel) {
  config_["use_dora"] = true;
  config_["target_modules"] = {"embed_tokens"};
  const at::Tensor a = some({2, 20}, 3), b = some({16, 2}, 4), m = some({16}, 5).abs() + 1;
  tensors_ = {{"model.embed_tokens.lora_embedding_A", a},
              {"model.embed_tokens.lora_embedding_B", b},
              {"model.embed_tokens.lora_magnitude_vector", m}};
  const at::Tensor moved = base_.parameters.at(kEmbedding) + at::mm(b, a).t() * 3;
  expect_weight(merged(), kEmbedding, moved * (m / moved.square().sum(0).sqrt()).unsqueeze(0));
  tensors_["model.embed_tokens.lora_magnitude_vector"] = some({20}, 5);
  expect_refused("has shape [20], expected [16]");
}

TEST_F(PeftAdapter, ADoraRowHasItsMagnitude) {
  config_["use_dora"] = true;
  adapt_layers("self_attn.q_proj", 2);
  for (int64_t i = 0; i < 2; ++i)
    tensors_[layer_prefix(i) + "self_attn.q_proj.lora_magnitude_vector"] = some({16}, 5).abs();
  const at::Tensor q = merged().parameters.at(std::string(kQ) + ".weight");
  EXPECT_TRUE(q.norm(2, 1).allclose(some({16}, 5).abs(), 1e-5, 1e-6));
  const at::Tensor sum = weight(kQ) + product(kQ) * 3;
  EXPECT_TRUE((q / q.norm(2, {1}, true)).allclose(sum / sum.norm(2, {1}, true), 1e-5, 1e-6));
}

// An adapter that training left as it began changes nothing.
TEST_F(PeftAdapter, WhatPissaBeganWithIsTakenOut) {
  config_["init_lora_weights"] = "pissa";
  for (int64_t i = 0; i < 2; ++i) {
    const std::string name = layer_prefix(i) + "self_attn.q_proj";
    const auto [u, s, v] = at::linalg_svd(weight(name), false);
    const at::Tensor root = (s.narrow(0, 0, 2) / 3).sqrt();
    adapt(name, root.unsqueeze(1) * v.narrow(0, 0, 2), u.narrow(1, 0, 2) * root);
  }
  expect_weight(merged(), std::string(kQ) + ".weight", weight(kQ));
  const at::Tensor beginning = product(kQ) * 3;
  adapt(kQ, some({2, 16}, 1), some({16, 2}, 2));
  expect_weight(merged(), std::string(kQ) + ".weight", weight(kQ) - beginning + product(kQ) * 3);
}

TEST_F(PeftAdapter, WhatOloraBeganWithIsTakenOut) {
  config_["init_lora_weights"] = "olora";
  config_["lora_alpha"] = 4;
  for (int64_t i = 0; i < 2; ++i) {
    const std::string name = layer_prefix(i) + "self_attn.q_proj";
    const auto [q, r] = at::linalg_qr(weight(name));
    adapt(name, r.narrow(0, 0, 2), q.narrow(1, 0, 2));
  }
  expect_weight(merged(), std::string(kQ) + ".weight", weight(kQ));
}

TEST_F(PeftAdapter, BiasesAreReplacedOrRaised) {
  base_ = base_model(false, HeadKind::kLanguage, Family::kQwen2);
  adapt_layers("self_attn.q_proj", 2);
  config_["bias"] = "lora_only";
  tensors_[std::string(kQ) + ".base_layer.bias"] = some({16}, 7);
  expect_weight(merged(), std::string(kQ) + ".bias", some({16}, 7));
  config_["bias"] = "none";
  expect_refused("bias = none");
  tensors_.erase(std::string(kQ) + ".base_layer.bias");
  config_["lora_bias"] = true;
  for (int64_t i = 0; i < 2; ++i) tensors_[layer_prefix(i) + "self_attn.q_proj.lora_B.bias"] = some({16}, 8);
  expect_weight(merged(), std::string(kQ) + ".bias",
                base_.parameters.at(std::string(kQ) + ".bias") + some({16}, 8) * 3);
}

TEST_F(PeftAdapter, AHeadMakesALanguageModelARewardModel) {
  adapt_layers("self_attn.q_proj", 2);
  config_["task_type"] = "TOKEN_CLS";
  config_["modules_to_save"] = {"classifier", "score"};
  expect_refused("neither adapter nor model has a head");
  tensors_["score.weight"] = some({2, 16}, 1);
  tensors_["score.bias"] = some({2}, 2);
  const LanguageModel model = merged();
  EXPECT_EQ(model.head, HeadKind::kToken);
  EXPECT_FALSE(model.parameters.contains("lm_head.weight"));
  expect_weight(model, "score.bias", some({2}, 2));
  base_ = base_model(false, HeadKind::kToken);
  expect_weight(merged(), "score.weight", some({2, 16}, 1));
  tensors_["score.weight"] = some({3, 16}, 1);
  expect_refused("has shape [3, 16], that of the model [2, 16]");
}

TEST_F(PeftAdapter, HeadsOfEveryKindAreBrought) {
  adapt_layers("self_attn.q_proj", 2);
  const std::map<std::string, at::Tensor> layers = tensors_;
  const auto brings = [&](const Json& task, const std::string& module, const std::map<std::string, at::Tensor>& head) {
    config_["task_type"] = task;
    config_["modules_to_save"] = {module};
    tensors_ = layers;
    for (const auto& [name, tensor] : head) tensors_[name] = tensor;
    const LanguageModel model = merged();
    for (const auto& [name, tensor] : head) expect_weight(model, name, tensor);
    return model;
  };
  const std::map<std::string, at::Tensor> two_layers = {{"score.0.weight", some({16, 16}, 1)},
                                                        {"score.0.bias", some({16}, 2)},
                                                        {"score.2.weight", some({3, 16}, 3)},
                                                        {"score.2.bias", some({3}, 4)}};
  for (const Json& task : {Json("SEQ_CLS"), Json(nullptr)}) {
    const LanguageModel model = brings(task, "score", two_layers);
    EXPECT_EQ(model.head, HeadKind::kProcess);
    EXPECT_FALSE(model.parameters.contains("lm_head.weight"));
  }
  const LanguageModel value =
      brings(nullptr, "v_head", {{"v_head.summary.weight", some({1, 16}, 1)}, {"v_head.summary.bias", some({1}, 2)}});
  EXPECT_EQ(value.head, HeadKind::kValue);
  EXPECT_TRUE(value.parameters.contains("lm_head.weight")) << "its class keeps it";
  EXPECT_EQ(brings("SEQ_CLS", "score", {{"score.weight", some({5, 16}, 1)}}).head, HeadKind::kSequence);
  EXPECT_EQ(brings(nullptr, "score", {{"score.weight", some({5, 16}, 1)}}).head, HeadKind::kSequence);
  config_["modules_to_save"] = nullptr;
  expect_refused("does not belong to a weight");
  config_["task_type"] = "TOKEN_CLS";
  expect_refused("task_type is TOKEN_CLS");
}

TEST_F(PeftAdapter, ATiedOutputLayerIsItsOwnOnceOneOfTheTwoChanges) {
  base_ = base_model(true);
  const at::Tensor embedding = base_.parameters.at(kEmbedding);
  config_["target_modules"] = {"lm_head"};
  adapt("lm_head", some({2, 16}, 1), some({20, 2}, 2));
  const LanguageModel output = merged();
  EXPECT_FALSE(output.config.tie_word_embeddings);
  expect_weight(output, kEmbedding, embedding);
  expect_weight(output, "lm_head.weight", embedding + product("lm_head") * 3);
  tensors_ = {{"model.embed_tokens.lora_embedding_A", some({2, 20}, 3)},
              {"model.embed_tokens.lora_embedding_B", some({16, 2}, 4)}};
  config_["target_modules"] = {"embed_tokens"};
  const LanguageModel input = merged();
  expect_weight(input, "lm_head.weight", embedding);
  expect_weight(input, kEmbedding, embedding + at::mm(some({16, 2}, 4), some({2, 20}, 3)).t() * 3);
  config_["ensure_weight_tying"] = true;
  expect_refused("ensure_weight_tying");
}

// What peft 0.21.2 writes with save_embedding_layers=True beside modules_to_save, and does not read.
TEST_F(PeftAdapter, CopiesOfASavedLayerMustBeTheSame) {
  adapt_layers("self_attn.q_proj", 2);
  config_["modules_to_save"] = {"lm_head"};
  const at::Tensor head = some({20, 16}, 1);
  tensors_["lm_head.weight"] = tensors_["lm_head.modules_to_save.weight"] = head;
  tensors_["lm_head.original_module.weight"] = base_.parameters.at("lm_head.weight");
  expect_weight(merged(), "lm_head.weight", head);
  tensors_["lm_head.modules_to_save.weight"] = some({20, 16}, 2);
  expect_refused("is not the same as its copy");
  tensors_["lm_head.modules_to_save.weight"] = head;
  tensors_["lm_head.original_module.weight"] = some({20, 16}, 3);
  expect_refused("trained on another base?");
}

TEST_F(PeftAdapter, OnlyTheModulesThatAreMeant) {
  adapt_layers("self_attn.q_proj", 2);
  config_["layers_to_transform"] = {1};
  expect_refused("does not name");
  config_["layers_to_transform"] = {0, 1};
  EXPECT_NO_THROW(merged());
  config_["exclude_modules"] = {"layers.0.self_attn.q_proj"};
  expect_refused("does not name");
  config_["exclude_modules"] = nullptr;
  config_["target_modules"] = {"q_proj", "lm_head"};  // a whole name: no layer is asked for
  adapt("lm_head", some({2, 16}, 1), some({20, 2}, 2));
  EXPECT_NO_THROW(merged());
  tensors_.erase("lm_head.lora_A.weight");
  tensors_.erase("lm_head.lora_B.weight");
  config_["layers_to_transform"] = nullptr;
  config_["target_modules"] = R"(model\.layers\.(?P<layer>\d)\.self_attn\.[qv]_proj)";
  expect_refused("has no tensors for it");
  config_["target_modules"] = R"(.*\.q_proj)";
  EXPECT_NO_THROW(merged());
  config_["target_modules"] = "(";
  expect_refused("not a valid regular expression");
}

TEST_F(PeftAdapter, WhatCannotBeAppliedExactlyIsRefused) {
  adapt_layers("self_attn.q_proj", 2);
  const Json refused = {{"alora_invocation_tokens", {9, 12}},
                        {"trainable_token_indices", {5}},
                        {"target_parameters", {"q_proj.weight"}},
                        {"layer_replication", {{0, 2}}},
                        {"use_qalora", true},
                        {"use_bdlora", {{"nblocks", 2}}},
                        {"kasa_config", {{"beta", 1e-4}}},
                        {"fan_in_fan_out", true},
                        {"init_lora_weights", "pissa_niter_4"},
                        {"of_a_later_version", 0.5}};
  for (const auto& [key, value] : refused.items()) {
    config_ = plain_config();
    config_[key] = value;
    expect_refused(key);
  }
  config_ = plain_config();
  config_["of_a_later_version"] = nullptr;
  config_["init_lora_weights"] = "gaussian";
  EXPECT_NO_THROW(merged());
  config_["peft_type"] = "LOHA";
  expect_refused("peft_type");
}

TEST_F(PeftAdapter, TensorsThatFitNothingAreRefused) {
  adapt_layers("self_attn.q_proj", 2);
  const auto all = tensors_;
  const auto with = [&](const std::string& name, const at::Tensor& tensor) {
    tensors_ = all;
    tensors_[name] = tensor;
  };
  with("model.layers.7.self_attn.q_proj.lora_A.weight", some({2, 16}, 1));
  expect_refused("does not belong to a weight");
  with(std::string(kQ) + ".lora_A.weight", some({3, 16}, 1));
  expect_refused("has shape [3, 16], expected [2, 16]");
  with(std::string(kQ) + ".lora_magnitude_vector", some({16}, 1));
  expect_refused("use_dora = false");
  with("score_head.weight", some({3, 16}, 1));
  expect_refused("does not belong to a weight");
  with(std::string(kQ) + ".lora_A.default.weight", some({2, 16}, 1));
  expect_refused("not one that peft saves");
  tensors_ = all;
  tensors_.erase(std::string(kQ) + ".lora_B.weight");
  expect_refused("has no lora_B");
}

TEST_F(PeftAdapter, AnAdapterOfTorchIsReadToo) {
  adapt_layers("self_attn.q_proj", 2);
  const at::Tensor wanted = merged().parameters.at(std::string(kQ) + ".weight");
  NamedTensors file;
  for (const auto& [name, tensor] : tensors_) file.emplace("base_model.model." + name, torch::to_host(tensor));
  fs::remove(folder_.path() / "adapter_model.safetensors");
  save_torch(folder_.path() / "adapter_model.bin", file);
  LanguageModel model = base_model();
  merge_adapter(model, folder_.path());
  expect_weight(model, std::string(kQ) + ".weight", wanted);
}

}  // namespace
}  // namespace hrm::language
