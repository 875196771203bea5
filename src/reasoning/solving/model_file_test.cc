#include "solving/model_file.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"
#include "formats/safetensors.h"
#include "formats/torch_pickle.h"
#include "formats/yaml.h"
#include "model/weights.h"
#include "training/checkpoint.h"

namespace hrm::solving {
namespace {

namespace fs = std::filesystem;

void expect_file_refused(const fs::path& path, const ModelFileOptions& options, const std::string& part) {
  hrm::expect_refused([&] { load_model(path, options); }, {part});
}

// The final weights of a golden case, by plain keys.
NamedTensors final_weights(const fs::path& golden, bool rounded_states) {
  NamedTensors weights;
  for (auto& [key, tensor] : load_safetensors(golden).tensors) {
    if (!key.starts_with("final.")) continue;
    const bool round = rounded_states && key.ends_with("_init");
    weights.emplace(key.substr(6), round ? tensor.to(DType::kBF16).to(DType::kF32) : tensor);
  }
  return weights;
}

ModelFile stored_model(const char* preset = "trm-mlp") {
  ModelFile model{.config = {.arch = model::arch_preset(preset),
                             .data = {.seq_len = 16, .vocab_size = 6, .num_puzzle_identifiers = 2}},
                  .family = {{"family", "sudoku"}},
                  .provenance = {{"seed", 7}, {"data_path", "data/x"}}};
  model.config.arch.hidden_size = model.config.arch.puzzle_emb_ndim = 32;
  model.config.arch.num_heads = 2;
  model.config.arch.puzzle_emb_len = 0;
  model.weights = model::initial_weights(model.config, 3);
  return model;
}

void expect_same(const ModelFile& a, const ModelFile& b) {
  EXPECT_EQ(fields_to_json(a.config), fields_to_json(b.config));
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.family, b.family);
  EXPECT_EQ(a.provenance, b.provenance);
}

TEST(ModelFile, OwnFilesAndRunFoldersComeBack) {
  const TemporaryFolder folder;
  const ModelFile model = stored_model();
  save_model(folder.path() / "model.safetensors", model);
  expect_same(load_model(folder.path() / "model.safetensors"), model);
  expect_same(load_model(folder.path()), model);
  const ModelFile overridden = load_model(folder.path(), {.overrides = {"arch.halt_max_steps=3"}});
  EXPECT_EQ(overridden.config.arch.halt_max_steps, 3);
  expect_file_refused(folder.path(), {.overrides = {"arch.hidden_size=64"}}, "the configuration needs [64]");
  expect_file_refused(folder.path(), {.overrides = {"arch.halt=64"}}, "unknown setting");
}

TEST(ModelFile, TrainingCheckpointsHoldLiveAndAveragedWeights) {
  const TemporaryFolder folder;
  const ModelFile model = stored_model();
  training::Checkpoint checkpoint{
      .state = {{"loop", {{"step", 5}}},
                {"trainee", {{"model", fields_to_json(model.config)}, {"family", model.family}}},
                {"config", {{"lr", 0.5}}}}};
  for (const auto& [key, tensor] : model.weights) checkpoint.tensors.emplace("weights." + key, tensor);
  const std::string averaged = "model.inner.lm_head.weight";
  checkpoint.tensors.emplace("optimizer.average." + averaged,
                             HostTensor(DType::kF32, model.weights.at(averaged).shape()));
  checkpoint.tensors.emplace("optimizer.first_moment." + averaged, HostTensor(DType::kF32, {1}));
  training::save_checkpoint(folder.path() / "last.safetensors", checkpoint);

  const ModelFile live = load_model(folder.path(), {.averaged = false});
  EXPECT_EQ(live.weights, model.weights);
  EXPECT_EQ(live.family, model.family);
  EXPECT_EQ(live.provenance["config"]["lr"], 0.5);
  const ModelFile average = load_model(folder.path() / "last.safetensors");
  EXPECT_EQ(average.weights.at(averaged), HostTensor(DType::kF32, model.weights.at(averaged).shape()));
  EXPECT_EQ(average.weights.at("model.inner.q_head.bias"), model.weights.at("model.inner.q_head.bias"));
}

TEST(ModelFile, BareStateDictsNeedWhatShapesCannotTell) {
  const fs::path path = testdata_folder() / "golden/mini_hrm.step_12.pt";
  expect_file_refused(path, {}, "all_config.yaml beside it: add arch.H_cycles=N");
  const std::vector<std::string> cycles = {"arch.H_cycles=2", "arch.L_cycles=2", "arch.num_heads=2"};
  expect_file_refused(path, {.overrides = cycles}, "data.seq_len=N");
  auto all = cycles;
  all.push_back("data.seq_len=16");
  const ModelFile model = load_model(path, {.overrides = all});
  EXPECT_EQ(model.weights, final_weights(testdata_folder() / "golden/mini_hrm.safetensors", false));
  EXPECT_EQ(model.config.arch.H_layers, 1);
  EXPECT_EQ(model.config.data.vocab_size, 7);
  EXPECT_EQ(model.config.data.num_puzzle_identifiers, 7);
}

TEST(ModelFile, ParityPublishedCheckpointsAreImportedAndExportedAgain) {
  const fs::path folder = shared_folder() / "fixtures/reasoning";
  HRM_SKIP_WITHOUT(folder);
  for (const auto& [name, golden] : {std::pair{"published_hrm", "mini_hrm"}, {"published_trm", "mini_trm_attention"}}) {
    const ModelFile model = load_model(folder / name, {.overrides = {"data.seq_len=16"}});
    EXPECT_EQ(model.weights,
              final_weights(testdata_folder() / "golden" / (std::string(golden) + ".safetensors"), true));
    const Json published = read_yaml(folder / name / "all_config.yaml");
    EXPECT_EQ(model.provenance["authors_config"], published);

    const TemporaryFolder out;
    export_authors_folder(out.path(), model, 12);
    Json exported = read_yaml(out.path() / "all_config.yaml");
    EXPECT_EQ(exported["seq_len"], 16);  // the one addition: the published file does not tell it
    exported.erase("seq_len");
    EXPECT_EQ(exported, published);
    EXPECT_EQ(load_torch(out.path() / "step_12"), load_torch(folder / name / "step_12"));
  }
}

TEST(ModelFile, ExportedFoldersComeBackButForRoundedInitialStates) {
  for (const char* preset : {"hrm", "trm-attention", "trm-mlp"}) {
    ModelFile model = stored_model(preset);
    const TemporaryFolder out;
    export_authors_folder(out.path(), model, 3);
    export_authors_folder(out.path(), model, 20);  // the later step is taken
    model.weights["model.inner.H_init"] = model.weights["model.inner.H_init"].to(DType::kBF16).to(DType::kF32);
    model.weights["model.inner.L_init"] = model.weights["model.inner.L_init"].to(DType::kBF16).to(DType::kF32);
    const ModelFile back = load_model(out.path());
    EXPECT_EQ(back.weights, model.weights) << preset;
    EXPECT_EQ(fields_to_json(back.config), fields_to_json(model.config)) << preset;
    EXPECT_EQ(back.provenance["authors_config"]["seed"], 7);
    EXPECT_TRUE(back.provenance["imported_from"].get<std::string>().ends_with("step_20"));
  }
}

TEST(ModelFile, WhatTheFileDoesNotTellIsTakenFromElsewhere) {
  const fs::path path = testdata_folder() / "golden/mini_hrm.step_12.pt";
  const ModelFile model = load_model(path, {.otherwise = {"arch.H_cycles=2", "arch.L_cycles=3", "arch.num_heads=2",
                                                          "data.seq_len=25", "arch.L_layers=9"}});
  EXPECT_EQ(model.config.arch.L_cycles, 3);
  EXPECT_EQ(model.config.data.seq_len, 25);
  EXPECT_EQ(model.config.arch.L_layers, 1);  // the shapes tell
}

TEST(ModelFile, WhatFilesReallyAreIsSaid) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& name, const std::string& content, const std::string& part) {
    write_file_atomic(folder.path() / name, std::string_view(content));
    expect_file_refused(folder.path() / name, {}, part);
  };
  refused("step_1", "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 5\n", "Git LFS pointer");
  refused("step_2", "\n<!DOCTYPE html><html></html>", "HTML page");
  refused("step_3", "", "is empty");
  refused("a.distcp", "PK\x03\x04", "distributed checkpoint");
  expect_file_refused(folder.path(), {}, "distributed checkpoint");
}

TEST(ModelFile, NumbersThatJsonHasNoWordForComeBack) {
  const TemporaryFolder folder;
  ModelFile model = stored_model();
  const double infinity = std::numeric_limits<double>::infinity();
  model.provenance = {{"authors_config", {{"grad_clip", infinity}, {"list", {1, -infinity}}, {"text", ".inf"}}}};
  save_model(folder.path() / "m", model);
  EXPECT_EQ(load_model(folder.path() / "m").provenance, model.provenance);
}

TEST(ModelFile, FaultsAreNamed) {
  const TemporaryFolder folder;
  expect_file_refused(folder.path() / "none", {}, "does not exist");
  expect_file_refused(folder.path(), {}, "contains neither");
  write_file_atomic(folder.path() / "text", std::string_view("hello, this is not a model"));
  expect_file_refused(folder.path() / "text", {}, "text");

  ModelFile model = stored_model();
  model.weights.erase("model.inner.q_head.bias");
  EXPECT_THROW(save_model(folder.path() / "m", model), Error);
  EXPECT_FALSE(fs::exists(folder.path() / "m"));
  save_safetensors(folder.path() / "m",
                   {.tensors = model.weights, .metadata = {{"config", printable(fields_to_json(model.config))}}});
  expect_file_refused(folder.path() / "m", {}, "'model.inner.q_head.bias' is missing");
  save_safetensors(folder.path() / "m", {.metadata = {{"config", R"({"arch": {"of_tomorrow": 1}})"}}});
  expect_file_refused(folder.path() / "m", {}, "'arch.of_tomorrow' is unknown");
}

}  // namespace
}  // namespace hrm::solving
