#include "language/model_io.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing/refused.h"
#include "formats/safetensors.h"
#include "formats/torch_pickle.h"
#include "torch/host.h"

namespace hrm::language {
namespace {

namespace fs = std::filesystem;

DecoderConfig tiny_config() {
  return {.hidden_size = 32,
          .intermediate_size = 48,
          .num_hidden_layers = 2,
          .num_attention_heads = 4,
          .num_key_value_heads = 2,
          .head_dim = 8,
          .vocab_size = 40,
          .max_position_embeddings = 64};
}

LanguageModel tiny_model() { return initial_model(tiny_config(), HeadKind::kLanguage, 0, {.seed = 5}); }

void expect_equal(const NamedParameters& a, const NamedParameters& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(b.at(name).equal(tensor)) << name;
}

std::string fault_of(const fs::path& folder) {
  return refusal([&] { load_model(folder); });
}

TEST(ModelFolder, AFileInItsPlaceIsNamedWithAWayOut) {
  const TemporaryFolder folder;
  const auto said = [&](const std::string& name, std::string_view content) {
    write_file_atomic(folder.path() / name, content);
    return refusal([&] { require_model_folder(folder.path() / name, "do it otherwise"); });
  };
  const auto expect = [&](const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << part << ": " << message;
  };
  save_safetensors(folder.path() / "x.safetensors", {.tensors = {{"a", HostTensor(DType::kF32, {2})}}});
  const std::string bare = read_file(folder.path() / "x.safetensors");
  expect(said("model.safetensors", bare), "is a safetensors file alone: give the folder with config.json");
  expect(said("adapter_model.safetensors", bare), "--adapter");
  save_torch(folder.path() / "x.bin", {{"a", HostTensor(DType::kF32, {2})}});
  expect(said("pytorch_model.bin", read_file(folder.path() / "x.bin")), "is a checkpoint of torch.save alone");
  expect(said("puzzle.safetensors",
              [&] {
                save_safetensors(folder.path() / "y", {.tensors = {}, .metadata = {{"config", "{}"}}});
                return read_file(folder.path() / "y");
              }()),
         "hrm solve");
  expect(said("m.gguf", "GGUF\3"), "is a GGUF file");
  expect(said("noise.bin", "\x01\x02\x03 \xff noise"), "begins with the bytes 01 02 03");
  expect(said("page.bin", "<!doctype html>"), "is an HTML page");
  write_file_atomic(folder.path() / "config.json", std::string_view("{}"));
  expect(said("model.safetensors", bare), "give its folder, " + folder.path().string());
  expect(said("config.json", "{}"), "give its folder, " + folder.path().string());
  expect(refusal([] { require_model_folder("Qwen/Qwen2.5-Math-PRM-7B", "x"); }),
         "hf download Qwen/Qwen2.5-Math-PRM-7B");
  expect(refusal([&] { require_model_folder(folder.path() / "no", "do it otherwise"); }),
         "no such folder; do it otherwise");
  EXPECT_NO_THROW(require_model_folder(folder.path(), ""));
}

TEST(ModelFolder, ABfloat16FileIsReadAsEitherType) {
  const TemporaryFolder folder;
  const LanguageModel made = tiny_model();
  save_model(folder.path(), made, at::kBFloat16);
  for (const auto& [name, tensor] : load_safetensors(folder.path() / "model.safetensors").tensors)
    EXPECT_EQ(tensor.dtype(), DType::kBF16) << name;
  EXPECT_EQ(read_json(folder.path() / "config.json").at("torch_dtype"), "bfloat16");
  expect_equal(load_model(folder.path()).parameters,
               to(to(made.parameters, at::kBFloat16, at::kCPU), at::kFloat, at::kCPU));
  const LanguageModel half = load_model(folder.path(), {.type = at::kBFloat16});
  expect_equal(half.parameters, to(made.parameters, at::kBFloat16, at::kCPU));
}

// Two shards and the index that names them, as large models are published.
void save_shards(const fs::path& folder, const LanguageModel& model, const std::string& prefix = "") {
  save_model(folder, model, at::kFloat);
  fs::remove(folder / "model.safetensors");
  Safetensors shards[2];
  Json index = {{"metadata", {{"total_size", 0}}}, {"weight_map", Json::object()}};
  size_t i = 0;
  for (const auto& [name, tensor] : model.parameters) {
    const size_t shard = i++ % 2;
    shards[shard].tensors.emplace(prefix + name, torch::to_host(tensor));
    index["weight_map"][prefix + name] = fmt::format("model-0000{}-of-00002.safetensors", shard + 1);
  }
  for (size_t shard = 0; shard < 2; ++shard)
    save_safetensors(folder / fmt::format("model-0000{}-of-00002.safetensors", shard + 1), shards[shard]);
  write_json(folder / "model.safetensors.index.json", index);
}

TEST(ModelFolder, ShardsAreOneModel) {
  const TemporaryFolder folder;
  const LanguageModel made = tiny_model();
  save_shards(folder.path(), made);
  const LanguageModel back = load_model(folder.path());
  EXPECT_EQ(back.head, HeadKind::kLanguage);
  expect_equal(back.parameters, made.parameters);
  fs::remove(folder.path() / "model-00002-of-00002.safetensors");
  EXPECT_NE(fault_of(folder.path()).find("model-00002-of-00002.safetensors"), std::string::npos);
}

TEST(ModelFolder, TheNamesOfAValueHeadsWrapperAreTakenOff) {
  const TemporaryFolder folder;
  LanguageModel made = tiny_model();
  replace_head(made, HeadKind::kValue, 1, 6);
  save_shards(folder.path(), made, "pretrained_model.");
  const LanguageModel back = load_model(folder.path());
  EXPECT_EQ(back.head, HeadKind::kValue);
  expect_equal(back.parameters, made.parameters);
}

TEST(ModelFolder, HeadsAreKnownAgain) {
  const TemporaryFolder folder;
  for (const auto& [head, outputs] : {std::pair<HeadKind, int64_t>{HeadKind::kLanguage, 0},
                                      {HeadKind::kSequence, 1},
                                      {HeadKind::kSequence, 2},
                                      {HeadKind::kToken, 2},
                                      {HeadKind::kProcess, 2},
                                      {HeadKind::kValue, 1}}) {
    const fs::path path = folder.path() / fmt::format("{}{}", name_of_enum(head), outputs);
    const LanguageModel made = initial_model(tiny_config(), head, outputs, {.seed = 5});
    save_model(path, made, at::kFloat);
    const LanguageModel back = load_model(path);
    EXPECT_EQ(back.head, head);
    expect_equal(back.parameters, made.parameters);
  }
}

TEST(ModelFolder, SaysWhatDoesNotFit) {
  const TemporaryFolder folder;
  const auto spoil = [&](const std::function<void(Safetensors&, Json&)>& change) {
    save_model(folder.path(), tiny_model(), at::kFloat);
    Safetensors file = load_safetensors(folder.path() / "model.safetensors");
    Json config = read_json(folder.path() / "config.json");
    change(file, config);
    save_safetensors(folder.path() / "model.safetensors", file);
    write_json(folder.path() / "config.json", config);
    return fault_of(folder.path());
  };
  const auto holds = [](const std::string& text, std::string_view part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  holds(spoil([](Safetensors& file, Json&) { file.tensors.erase("model.norm.weight"); }),
        "tensor 'model.norm.weight' is missing");
  holds(spoil([](Safetensors&, Json& config) { config["intermediate_size"] = 64; }), "mlp.");
  holds(spoil([](Safetensors&, Json& config) { config["model_type"] = "gpt2"; }), "model_type 'gpt2'");
  holds(spoil([](Safetensors&, Json& config) { config["hidden_act"] = "gelu"; }), "only \"silu\" is supported");
  holds(spoil([](Safetensors&, Json& config) { config["num_key_value_heads"] = 3; }), "cannot be divided evenly");
  holds(fault_of(folder.path() / "none"), "expected a folder");
}

// A folder whose tensors are changed before it is read.
class ChangedFolder : public testing::Test {
 protected:
  std::string fault(const LanguageModel& model, const std::function<void(NamedTensors&, Json&)>& change) {
    write(model, change);
    return fault_of(folder_.path());
  }
  LanguageModel read(const LanguageModel& model, const std::function<void(NamedTensors&, Json&)>& change) {
    write(model, change);
    return load_model(folder_.path());
  }
  void write(const LanguageModel& model, const std::function<void(NamedTensors&, Json&)>& change) {
    save_model(folder_.path(), model, at::kFloat);
    Safetensors file = load_safetensors(folder_.path() / "model.safetensors");
    Json config = read_json(folder_.path() / "config.json");
    change(file.tensors, config);
    save_safetensors(folder_.path() / "model.safetensors", file);
    write_json(folder_.path() / "config.json", config);
  }

  const TemporaryFolder folder_;
};

TEST_F(ChangedFolder, ATensorThatNoLayerReadsIsRefused) {
  const HostTensor vector = torch::to_host(at::ones({8}));
  for (const char* name :
       {"model.layers.0.self_attn.q_norm.weight", "score_head.weight", "model.layers.2.input_layernorm.weight",
        "model.layers.0.self_attn.q_proj.bias", "lm_head.bias", "model.layers.1.mlp.up_proj.weight_scale"}) {
    const std::string text = fault(tiny_model(), [&](NamedTensors& tensors, Json&) { tensors.emplace(name, vector); });
    EXPECT_NE(text.find(fmt::format("'{}' does not belong", name)), std::string::npos) << text;
  }
  EXPECT_EQ(
      fault(tiny_model(), [&](NamedTensors& tensors,
                              Json&) { tensors.emplace("model.layers.0.self_attn.rotary_emb.inv_freq", vector); }),
      "accepted");
}

TEST_F(ChangedFolder, AHeadIsThatOfTheClassInTheConfiguration) {
  const LanguageModel token = initial_model(tiny_config(), HeadKind::kToken, 2, {.seed = 5});
  const auto named = [](const char* name) {
    return [name](NamedTensors&, Json& config) { config["architectures"] = {name}; };
  };
  EXPECT_NE(fault(token, named("LlamaForCausalLM")).find("does not read"), std::string::npos);
  EXPECT_NE(fault(token, named("LlamaForSequenceClassification")).find("does not read"), std::string::npos);
  EXPECT_NE(fault(tiny_model(), named("LlamaForTokenClassification")).find("is missing"), std::string::npos);
  EXPECT_EQ(fault(token, named("SomethingElse")), "accepted");
  const auto two_heads = [](NamedTensors& tensors, Json&) {
    tensors.emplace("v_head.summary.weight", torch::to_host(at::ones({1, 32})));
    tensors.emplace("v_head.summary.bias", torch::to_host(at::ones({1})));
  };
  EXPECT_NE(fault(token, two_heads).find("'score."), std::string::npos);
}

// As transformers 5 decides.
TEST_F(ChangedFolder, AnOutputLayerIsTiedWhereItIsNotAnother) {
  DecoderConfig config = tiny_config();
  config.tie_word_embeddings = true;
  const LanguageModel tied = initial_model(config, HeadKind::kLanguage, 0, {.seed = 5});
  const at::Tensor embedding = tied.parameters.at("model.embed_tokens.weight");
  const auto with_output = [](const at::Tensor& output, bool embedding_too) {
    return [=](NamedTensors& tensors, Json&) {
      tensors.emplace("lm_head.weight", torch::to_host(output));
      if (!embedding_too) tensors.erase("model.embed_tokens.weight");
    };
  };
  for (const bool embedding_too : {true, false}) {
    const LanguageModel same = read(tied, with_output(embedding, embedding_too));
    EXPECT_TRUE(same.config.tie_word_embeddings);
    expect_equal(same.parameters, tied.parameters);
  }
  const LanguageModel apart = read(tied, with_output(embedding * 2, true));
  EXPECT_FALSE(apart.config.tie_word_embeddings);
  EXPECT_TRUE(apart.parameters.at("lm_head.weight").equal(embedding * 2));
}

TEST_F(ChangedFolder, ADecoderSavedWithoutItsHeadHasShorterNames) {
  DecoderConfig config = tiny_config();
  config.tie_word_embeddings = true;
  const LanguageModel tied = initial_model(config, HeadKind::kLanguage, 0, {.seed = 5});
  const auto shorten = [](NamedTensors& tensors, Json&) {
    NamedTensors bare;
    for (auto& [name, tensor] : tensors) bare.emplace(name.substr(std::string_view("model.").size()), tensor);
    tensors = std::move(bare);
  };
  expect_equal(read(tied, shorten).parameters, tied.parameters);
}

TEST_F(ChangedFolder, AnAdapterIsNoModel) {
  fs::create_directories(folder_.path());
  write_json(folder_.path() / "adapter_config.json", {{"peft_type", "LORA"}, {"base_model_name_or_path", "some/base"}});
  EXPECT_NE(fault_of(folder_.path()).find("merge it into its base ('some/base') first: hrm lm export"),
            std::string::npos);
}

// pytorch_model.bin, whole and in shards; both names of a tied layer are there, as torch saves them.
TEST(ModelFolder, WeightsThatTorchSavedAreRead) {
  DecoderConfig config = tiny_config();
  config.tie_word_embeddings = true;
  const LanguageModel made = initial_model(config, HeadKind::kLanguage, 0, {.seed = 5});
  const TemporaryFolder folder;
  save_model(folder.path(), made, at::kFloat);
  fs::remove(folder.path() / "model.safetensors");
  NamedTensors all;
  for (const auto& [name, tensor] : made.parameters) all.emplace(name, torch::to_host(tensor));
  all.emplace("lm_head.weight", all.at("model.embed_tokens.weight"));
  save_torch(folder.path() / "pytorch_model.bin", all);
  expect_equal(load_model(folder.path()).parameters, made.parameters);
  fs::remove(folder.path() / "pytorch_model.bin");
  NamedTensors shards[2];
  Json index = {{"weight_map", Json::object()}};
  size_t i = 0;
  for (const auto& [name, tensor] : all) {
    index["weight_map"][name] = fmt::format("pytorch_model-0000{}-of-00002.bin", i % 2 + 1);
    shards[i++ % 2].emplace(name, tensor);
  }
  for (size_t shard = 0; shard < 2; ++shard)
    save_torch(folder.path() / fmt::format("pytorch_model-0000{}-of-00002.bin", shard + 1), shards[shard]);
  write_json(folder.path() / "pytorch_model.bin.index.json", index);
  expect_equal(load_model(folder.path()).parameters, made.parameters);
  fs::remove(folder.path() / "pytorch_model-00002-of-00002.bin");
  EXPECT_NE(fault_of(folder.path()).find("pytorch_model-00002-of-00002.bin"), std::string::npos);
  fs::remove(folder.path() / "pytorch_model.bin.index.json");
  EXPECT_NE(fault_of(folder.path()).find("contains no weights"), std::string::npos);
}

}  // namespace
}  // namespace hrm::language
