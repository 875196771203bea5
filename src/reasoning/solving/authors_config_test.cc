#include "solving/authors_config.h"

#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"
#include "formats/yaml.h"
#include "model/weights.h"

namespace hrm::solving {
namespace {

using model::ArchConfig;
using model::ModelConfig;

const char* const kHrm = R"(arch:
  H_cycles: 2
  H_layers: 4
  L_cycles: 3
  L_layers: 4
  expansion: 4
  forward_dtype: bfloat16
  halt_exploration_prob: 0.1
  halt_max_steps: 16
  hidden_size: 512
  loss: {loss_type: softmax_cross_entropy, name: losses@ACTLossHead}
  name: hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1
  num_heads: 8
  pos_encodings: learned
  puzzle_emb_ndim: 512
lr: 1e-4
data_path: data/x
)";

void collect_keys(const Json& object, const std::string& prefix, std::set<std::string>& keys) {
  for (const auto& [key, value] : object.items()) {
    keys.insert(prefix + key);
    if (value.is_object()) collect_keys(value, prefix + key + ".", keys);
  }
}
std::set<std::string> keys_of(const Json& object) {
  std::set<std::string> keys;
  collect_keys(object, "", keys);
  return keys;
}

TEST(AuthorsConfig, HrmHasTwoNetsAndLastCalls) {
  const ArchConfig arch = arch_from_authors(parse_yaml(kHrm, "x"), "x");
  EXPECT_FALSE(arch.shared_net);
  EXPECT_FALSE(arch.no_ACT_continue);
  EXPECT_EQ(arch.gradient, model::GradientSpan::kLastCalls);
  EXPECT_EQ(arch.L_cycles, 3);
  EXPECT_EQ(arch.pos_encodings, model::Positions::kLearned);
  EXPECT_EQ(arch.loss.loss_type, model::LossType::kSoftmax);
  EXPECT_EQ(arch.halt_exploration_prob, 0.1);
}

TEST(AuthorsConfig, TrmHasOneNetAndLastCycle) {
  Json file = parse_yaml(kHrm, "x");
  file["arch"]["name"] = "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1";
  const ArchConfig arch = arch_from_authors(file, "x");
  EXPECT_TRUE(arch.shared_net && arch.no_ACT_continue);
  EXPECT_EQ(arch.gradient, model::GradientSpan::kLastCycle);
  EXPECT_EQ(arch.puzzle_emb_len, 16);
  file["arch"]["no_ACT_continue"] = false;
  EXPECT_FALSE(arch_from_authors(file, "x").no_ACT_continue);
}

TEST(AuthorsConfig, FaultsNameTheSetting) {
  expect_refused([] { arch_from_authors(Json::object(), "x.yaml"); }, "x.yaml: field 'arch'");
  expect_refused([] { arch_from_authors({{"arch", {{"name", "a.other@Model"}}}}, "x.yaml"); }, "a.other@Model");
  expect_refused(
      [] {
        Json file = parse_yaml(kHrm, "x");
        file["arch"]["H_cycles"] = "two";
        arch_from_authors(file, "x.yaml");
      },
      "H_cycles");
}

TEST(AuthorsConfig, WrittenSettingsReadBackTheSame) {
  for (const char* preset : {"hrm", "trm-attention", "trm-mlp", "direct"}) {
    ModelConfig config{.arch = model::arch_preset(preset), .data = {.seq_len = 81, .vocab_size = 11}};
    config.arch.rope_theta = 500;
    const Json file = parse_yaml(to_yaml(to_authors_config(config, nullptr)), "x");
    EXPECT_EQ(fields_to_json(arch_from_authors(file, "x")), fields_to_json(config.arch)) << preset;
  }
}

TEST(AuthorsConfig, ImportedSettingsAreKeptWhenExported) {
  Json imported = parse_yaml(kHrm, "x");
  imported["unheard_of"] = {1, 2};
  imported["arch"]["name"] = "recursive_reasoning.hrm@HierarchicalReasoningModel_ACTV1";
  ModelConfig config{.arch = arch_from_authors(imported, "x")};
  config.arch.H_cycles = 5;
  const Json file = to_authors_config(config, imported);
  EXPECT_EQ(file["unheard_of"], imported["unheard_of"]);
  EXPECT_EQ(file["arch"]["name"], imported["arch"]["name"]);
  EXPECT_EQ(file["arch"]["H_cycles"], 5);
  EXPECT_EQ(file["lr"], 1e-4);
  EXPECT_EQ(file["data_path"], "data/x");
  EXPECT_EQ(file["beta2"], 0.95);  // what was missing gets the published value
  config.arch = model::arch_preset("trm-mlp");
  EXPECT_EQ(to_authors_config(config, imported)["data_paths"], Json::array({"data/x"}));
}

TEST(AuthorsConfig, WhatTheirProgramsCannotComputeIsRefused) {
  ModelConfig config{.arch = model::arch_preset("eqr")};
  expect_refused([&] { to_authors_config(config, nullptr); }, "arch.initial_state");
  config.arch = model::arch_preset("hrm");
  config.arch.mlp_t = true;
  expect_refused([&] { to_authors_config(config, nullptr); }, "arch.mlp_t");
  config.arch = model::arch_preset("hrm");
  config.arch.relaxation = 0.5;
  expect_refused([&] { to_authors_config(config, nullptr); }, "arch.relaxation");
}

TEST(AuthorsConfig, ParityKeysAreThoseOfThePublishedFiles) {
  const auto folder = shared_folder() / "fixtures/reasoning";
  HRM_SKIP_WITHOUT(folder);
  for (const auto& [name, preset] : {std::pair{"published_hrm", "hrm"}, {"published_trm", "trm-attention"}}) {
    const Json published = read_yaml(folder / name / "all_config.yaml");
    EXPECT_EQ(keys_of(to_authors_config({.arch = model::arch_preset(preset)}, nullptr)), keys_of(published)) << name;
    // Imported and exported again nothing has changed.
    const ModelConfig config{.arch = arch_from_authors(published, name)};
    EXPECT_EQ(to_authors_config(config, published), published) << name;
  }
}

TEST(AuthorsConfig, ShapesTellTheArchitecture) {
  for (const char* preset : {"hrm", "trm-attention", "trm-mlp"}) {
    ModelConfig config{.arch = model::arch_preset(preset),
                       .data = {.seq_len = 16, .vocab_size = 11, .num_puzzle_identifiers = 3}};
    config.arch.hidden_size = 64;
    config.arch.puzzle_emb_ndim = 48;
    config.arch.expansion = preset[0] == 'h' ? 4 : 12;
    const NamedTensors weights = model::initial_weights(config, 1);
    ModelConfig found{.arch = arch_from_shapes(weights, "x")};
    found.arch.puzzle_emb_len = config.arch.puzzle_emb_len;
    found.arch.num_heads = config.arch.num_heads;
    found.arch.L_cycles = config.arch.L_cycles;
    found.arch.H_cycles = config.arch.H_cycles;
    if (!config.arch.mlp_t) found.data.seq_len = 16;
    complete_data_shape(found, weights, nullptr, "x");
    EXPECT_EQ(fields_to_json(found), fields_to_json(config)) << preset;
    EXPECT_NO_THROW(model::check_weights(found, weights, "x"));
  }
  expect_refused([] { arch_from_shapes({}, "x.pt"); }, "embed_tokens");
}

TEST(AuthorsConfig, OnlyKnownClassesOfKnownModulesAreTaken) {
  const auto with_name = [](const std::string& name) {
    Json file = parse_yaml(kHrm, "x");
    file["arch"]["name"] = name;
    return file;
  };
  EXPECT_TRUE(arch_from_authors(with_name("trm.trm@TRM"), "x").shared_net);
  EXPECT_FALSE(arch_from_authors(with_name("a.b.hrm@HierarchicalReasoningModel_ACTV1"), "x").shared_net);
  for (const char* name : {"a.trm@TinyRecursiveReasoningModel_ACTV5", "a.trm@HierarchicalReasoningModel_ACTV1",
                           "a.hrm_act_v1@HierarchicalReasoningModel_ACTV2"})
    expect_refused([&] { arch_from_authors(with_name(name), "x.yaml"); }, name);
}

TEST(AuthorsConfig, SettingsThatTheProgramDoesNotHaveAreNamedAndNotApplied) {
  Json file = parse_yaml(kHrm, "x");
  file["arch"]["noise"] = 0.5;  // a setting of ours, not of theirs
  file["arch"]["use_conv_mixer"] = true;
  file["arch"]["loss"]["focal_gamma"] = 2;
  file["arch"]["mlp_t"] = false;  // off in a program without it: nothing to say
  file["arch"]["causal"] = false;
  file["arch"]["seq_len"] = 36;  // the data's
  testing::internal::CaptureStderr();
  const ArchConfig arch = arch_from_authors(file, "x.yaml");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(arch.noise, 0);
  for (const char* part : {"arch.noise = 0.5", "arch.use_conv_mixer = true", "arch.loss.focal_gamma = 2"})
    EXPECT_NE(said.find(part), std::string::npos) << said;
  for (const char* part : {"mlp_t", "causal", "seq_len"}) EXPECT_EQ(said.find(part), std::string::npos) << said;
  testing::internal::CaptureStderr();
  arch_from_authors(parse_yaml(kHrm, "x"), "x.yaml");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(AuthorsConfig, LengthIsWrittenAndReadAgain) {
  for (const int64_t seq_len : {16, 100}) {
    ModelConfig config{.arch = model::arch_preset("trm-attention"), .data = {.seq_len = seq_len, .vocab_size = 6}};
    config.arch.hidden_size = config.arch.puzzle_emb_ndim = 64;
    const NamedTensors weights = model::initial_weights(config, 1);
    const Json file = to_authors_config(config, {{"data_path", "data/maze-30x30-hard-1k"}});
    EXPECT_EQ(file["seq_len"], seq_len);
    config.data.seq_len = 0;
    complete_data_shape(config, weights, file, "x");
    EXPECT_EQ(config.data.seq_len, seq_len);
    EXPECT_EQ(stated_seq_len(config, weights, {{"arch", {{"seq_len", 49}}}}, "x"), 49);
    expect_refused([&] { stated_seq_len(config, weights, {{"seq_len", 0}}, "x"); }, "seq_len = 0");
    expect_refused([&] { stated_seq_len(config, weights, {{"seq_len", "many"}}, "x"); }, "seq_len");
  }
}

TEST(AuthorsConfig, ALengthThatTheShapesContradictIsRefused) {
  ModelConfig config{.arch = model::arch_preset("trm-mlp"), .data = {.seq_len = 16, .vocab_size = 6}};
  config.arch.hidden_size = config.arch.puzzle_emb_ndim = 64;
  const NamedTensors weights = model::initial_weights(config, 1);
  EXPECT_EQ(stated_seq_len(config, weights, {{"seq_len", 16}}, "x"), 16);
  expect_refused([&] { stated_seq_len(config, weights, {{"seq_len", 100}}, "x"); }, "seq_len = 100");
}

TEST(AuthorsConfig, SizesThatTheTensorsContradictAreRefused) {
  for (const char* preset : {"hrm", "trm-attention"}) {
    ModelConfig config{.arch = model::arch_preset(preset),
                       .data = {.seq_len = 16, .vocab_size = 6, .num_puzzle_identifiers = 3}};
    config.arch.hidden_size = config.arch.puzzle_emb_ndim = 64;
    const NamedTensors weights = model::initial_weights(config, 1);
    const auto refused = [&](const std::string& setting, const Json& file, const std::string& part) {
      ModelConfig told = config;
      if (!setting.empty()) assign_field(told, setting);
      expect_refused([&] { check_sizes(told, weights, file, "x"); }, part);
    };
    EXPECT_NO_THROW(check_sizes(config, weights, {{"vocab_size", 6}, {"arch", {{"num_puzzle_identifiers", 3}}}}, "x"));
    refused("arch.hidden_size=128", nullptr, "arch.hidden_size = 128, but 64");
    refused("arch.L_layers=7", nullptr, fmt::format("arch.L_layers = 7, but {}", config.arch.L_layers));
    refused("arch.L_layers=1", nullptr, fmt::format("arch.L_layers = 1, but {}", config.arch.L_layers));
    refused("arch.puzzle_emb_ndim=32", nullptr, "arch.puzzle_emb_ndim = 32, but 64");
    refused("", {{"arch", {{"vocab_size", 12}}}}, "vocab_size of all_config.yaml = 12, but 6");
    refused("", {{"num_puzzle_identifiers", 9}}, "num_puzzle_identifiers of all_config.yaml = 9, but 3");
    refused("", {{"vocab_size", 6}, {"arch", {{"vocab_size", 12}}}}, "vocab_size = 6, but arch.vocab_size = 12");
    if (!config.arch.shared_net) refused("arch.H_layers=9", nullptr, "arch.H_layers = 9, but 4");
    expect_refused(
        [&] {
          stated_seq_len(config, weights, {{"seq_len", 16}, {"arch", {{"seq_len", 81}}}}, "x");
        },
        "seq_len = 16, but arch.seq_len = 81");
  }
}

TEST(AuthorsConfig, NumbersAreThoseOfTheProgram) {
  std::string text = kHrm;
  text.replace(text.find("H_cycles: 2"), 11, "H_cycles: 010");
  text.replace(text.find("L_cycles: 3"), 11, "L_cycles: 2.0");
  text.replace(text.find("expansion: 4"), 12, "expansion: \"3.5\"");
  text.replace(text.find("halt_exploration_prob: 0.1"), 26, "halt_exploration_prob: 1e-1");
  text.replace(text.find("hidden_size: 512"), 16, "hidden_size: 5_12");
  const ArchConfig arch = arch_from_authors(parse_yaml(text, "x", YamlTyping::kPython), "x");
  EXPECT_EQ(arch.H_cycles, 8);
  EXPECT_EQ(arch.L_cycles, 2);
  EXPECT_EQ(arch.expansion, 3.5);
  EXPECT_EQ(arch.halt_exploration_prob, 0.1);
  EXPECT_EQ(arch.hidden_size, 512);
  for (const char* value : {"0o17", "1.5", "yes", "two"}) {
    const std::string changed = std::string(kHrm).replace(std::string(kHrm).find("H_cycles: 2"), 11, "H_cycles: ");
    const size_t at = changed.find("H_cycles: ") + 10;
    const std::string one = std::string(changed).insert(at, value);
    expect_refused([&] { arch_from_authors(parse_yaml(one, "x", YamlTyping::kPython), "x.yaml"); }, "H_cycles = ");
  }
}

TEST(AuthorsConfig, LengthComesFromShapesOrDataAndIsNotGuessed) {
  ModelConfig config{.arch = model::arch_preset("hrm"), .data = {.seq_len = 5, .vocab_size = 12}};
  config.arch.hidden_size = config.arch.puzzle_emb_ndim = 64;
  NamedTensors weights = model::initial_weights(config, 1);
  config.data.seq_len = 0;
  ModelConfig asked = config;
  expect_refused([&] { complete_data_shape(asked, weights, nullptr, "x"); }, "add data.seq_len=N");
  expect_refused([&] { complete_data_shape(asked, weights, {{"data_path", "data/mine"}}, "x"); }, "add data.seq_len=N");
  EXPECT_EQ(stated_seq_len(config, weights, {{"data_path", "data/arc-2-aug-1000"}}, "x"), 900);
  EXPECT_EQ(stated_seq_len(config, weights, {{"data_path", "data/sudoku-extreme-full"}}, "x"), std::nullopt);

  const TemporaryFolder folder;
  write_json(folder.path() / "train/dataset.json", {{"seq_len", 49}, {"vocab_size", 11}});
  EXPECT_EQ(stated_seq_len(config, weights, {{"data_path", folder.path().string()}}, "x"), std::nullopt);
  write_json(folder.path() / "train/dataset.json", {{"seq_len", 49}});
  ModelConfig from_data = config;
  complete_data_shape(from_data, weights, {{"data_path", folder.path().string()}}, "x");
  EXPECT_EQ(from_data.data.seq_len, 49);

  config.arch.pos_encodings = model::Positions::kLearned;
  config.data.seq_len = 5;
  weights = model::initial_weights(config, 1);
  config.data.seq_len = 0;
  complete_data_shape(config, weights, nullptr, "x");
  EXPECT_EQ(config.data.seq_len, 5);

  config.arch.pos_encodings = model::Positions::kRope;
  config.data = {.seq_len = 5, .vocab_size = 7};
  weights = model::initial_weights(config, 1);
  config.data.seq_len = 0;
  expect_refused([&] { complete_data_shape(config, weights, nullptr, "x.pt"); }, "add data.seq_len=N");
}

}  // namespace
}  // namespace hrm::solving
