#include "language/model_io.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aten/host.h"
#include "base/files.h"
#include "formats/safetensors.h"

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

LanguageModel tiny_model() { return initial_model(tiny_config(), HeadKind::kLanguage, 0, 5); }

void expect_equal(const NamedParameters& a, const NamedParameters& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(b.at(name).equal(tensor)) << name;
}

std::string fault_of(const fs::path& folder) {
  try {
    load_model(folder);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::kBadInput);
    return error.what();
  }
  return "accepted";
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
    shards[shard].tensors.emplace(prefix + name, aten::to_host(tensor));
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
    const LanguageModel made = initial_model(tiny_config(), head, outputs, 5);
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
  holds(spoil([](Safetensors&, Json& config) { config["num_key_value_heads"] = 3; }), "cannot share");
  holds(fault_of(folder.path() / "none"), "expected a folder");
}

}  // namespace
}  // namespace hrm::language
