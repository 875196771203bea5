#include "solving/describe.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/testing/refused.h"
#include "formats/npy.h"
#include "formats/safetensors.h"
#include "model/config.h"
#include "model/weights.h"
#include "solving/model_file.h"

namespace hrm::solving {
namespace {

TEST(Describe, StatisticsLeaveWhatIsNotFiniteOut) {
  const HostTensor tensor = HostTensor::of<float>({4}, std::vector<float>{1, -3, INFINITY, 4});
  EXPECT_EQ(describe_tensor(tensor, false), (Json{{"dtype", "f32"}, {"shape", {4}}}));
  const Json json = describe_tensor(tensor, true);
  EXPECT_EQ(json["min"], -3);
  EXPECT_EQ(json["max"], 4);
  EXPECT_DOUBLE_EQ(json["mean"].get<double>(), 2.0 / 3);
  EXPECT_EQ(json["not_finite"], 1);
  const Json none = describe_tensor(HostTensor::of<float>({1}, std::vector<float>{NAN}), true);
  EXPECT_FALSE(none.contains("mean"));
  EXPECT_EQ(none["not_finite"], 1);
}

TEST(Describe, ArraysAndTensorsByTheirContent) {
  const TemporaryFolder folder;
  save_npy(folder.path() / "a.bin", HostTensor::of<int32_t>({2, 2}, std::vector<int32_t>{1, 2, 3, 6}));
  const Json array = describe_file(folder.path() / "a.bin", {.tensors = true});
  EXPECT_EQ(array["kind"], "npy");
  EXPECT_EQ(array["mean"], 3);
  const HostTensor two = HostTensor::of<float>({2}, std::vector<float>{1, 2});
  save_safetensors(folder.path() / "b", {.tensors = {{"x", two}, {"y", two}}, .metadata = {{"format", "pt"}}});
  const Json file = describe_file(folder.path() / "b", {});
  EXPECT_EQ(file["kind"], "safetensors");
  EXPECT_EQ(file["tensor_count"], 2);
  EXPECT_EQ(file["elements"], 4);
  EXPECT_EQ(file["metadata"]["format"], "pt");
  EXPECT_EQ(file["model"], nullptr);
  EXPECT_FALSE(file["reason"].get<std::string>().empty());
  EXPECT_EQ(describe_file(folder.path() / "b", {.tensors = true})["tensors"]["y"]["mean"], 1.5);
}

TEST(Describe, AModelWithItsConfiguration) {
  const TemporaryFolder folder;
  ModelFile model{.config = {.arch = model::arch_preset("trm-mlp"),
                             .data = {.seq_len = 16, .vocab_size = 6, .num_puzzle_identifiers = 2}},
                  .family = {{"family", "sudoku"}, {"box_rows", 2}, {"box_columns", 2}},
                  .provenance = {{"seed", 7}}};
  model.config.arch.hidden_size = model.config.arch.puzzle_emb_ndim = 32;
  model.config.arch.num_heads = 2;
  model.config.arch.puzzle_emb_len = 0;
  model.weights = model::initial_weights(model.config, 3);
  save_model(folder.path() / "m.safetensors", model);
  const Json json = describe_file(folder.path() / "m.safetensors", {});
  EXPECT_EQ(json["kind"], "model file");
  EXPECT_EQ(json["model"]["parameters"], model::parameter_count(model.config));
  EXPECT_EQ(json["model"]["config"]["arch"]["hidden_size"], 32);
  EXPECT_EQ(json["model"]["family"]["family"], "sudoku");
  EXPECT_EQ(json["model"]["provenance"]["seed"], 7);
  EXPECT_EQ(describe_folder(folder.path(), {})["kind"], "run folder");
}

TEST(Describe, NamesWhatIsNothingOfThese) {
  const TemporaryFolder folder;
  const auto message = [&](std::string_view text) -> std::string {
    write_file_atomic(folder.path() / "x", text);
    return refusal([&] { describe_file(folder.path() / "x", {}); });
  };
  EXPECT_NE(message("").find("is empty"), std::string::npos);
  EXPECT_NE(message("version https://git-lfs.github.com/spec/v1\n").find("git lfs pull"), std::string::npos);
}

}  // namespace
}  // namespace hrm::solving
