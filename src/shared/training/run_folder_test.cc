#include "training/run_folder.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing/refused.h"
#include "training/checkpoint.h"

namespace hrm::training {
namespace {

namespace fs = std::filesystem;

TEST(RunFolder, RefusesARunThatIsThere) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "run";
  { RunFolder run(path, RunMode::kNew); }
  { RunFolder run(path, RunMode::kNew); }  // nothing was written into it
  write_json(path / "config.json", {{"a", 1}});
  EXPECT_THROW(RunFolder(path, RunMode::kNew), Error);
  RunFolder run(path, RunMode::kResume);
  EXPECT_EQ((*stored_config(path))["a"], 1);
}

// What stored_config() gives and says for a folder whose checkpoint holds lr = 0.002.
std::pair<std::optional<Json>, std::string> stored_beside(const fs::path& folder, std::string_view config_json) {
  rotate_checkpoint(folder, {.tensors = {}, .state = {{"config", {{"lr", 0.002}, {"arch", {{"width", 8}}}}}}});
  fs::remove(folder / "config.json");
  if (!config_json.empty()) write_file_atomic(folder / "config.json", config_json);
  ::testing::internal::CaptureStderr();
  const auto stored = stored_config(folder);
  return {stored, ::testing::internal::GetCapturedStderr()};
}

TEST(RunFolder, TheCheckpointsSettingsDecide) {
  const TemporaryFolder folder;
  const auto check = [&](std::string_view config_json, std::string_view report) {
    const auto [stored, said] = stored_beside(folder.path(), config_json);
    EXPECT_EQ((*stored)["lr"], 0.002) << config_json;
    if (report.empty())
      EXPECT_EQ(said, "") << config_json;
    else
      EXPECT_NE(said.find(report), std::string::npos) << said;
  };
  check(R"({"lr": 0.002, "arch": {"width": 8}})", "");
  check(R"({"lr": 0.5, "arch": {"width": 8}})", "lr: 0.5 -> 0.002");
  check(R"({"lr": 0.002, "arch": {"width": 9}})", "arch.width: 9 -> 8");
  check(R"({"lr": 0.002})", "arch.width");
  check("", "is missing");
  check("{\"lr\": 0.0", "not valid JSON");
  check("[]", "contains no settings");
}

TEST(RunFolder, ADamagedCheckpointDecidesNothing) {
  const TemporaryFolder folder;
  stored_beside(folder.path(), "");
  rotate_checkpoint(folder.path(), {.tensors = {}, .state = {{"config", {{"lr", 0.003}}}}});
  std::string bytes = read_file(folder.path() / CheckpointNames::kLast);
  const size_t at = bytes.find("0.003");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 4] = '5';
  write_file_atomic(folder.path() / CheckpointNames::kLast, bytes);
  EXPECT_EQ((*stored_config(folder.path()))["lr"], 0.002);
}

TEST(RunFolder, IsHeldByOneProcessAtATime) {
  const TemporaryFolder folder;
  {
    RunFolder run(folder.path(), RunMode::kNew);
    EXPECT_THROW(RunFolder(folder.path(), RunMode::kResume), Error);
  }
  EXPECT_NO_THROW(RunFolder(folder.path(), RunMode::kResume));
}

TEST(RunFolder, OverwritesTheRunAndNothingElse) {
  const TemporaryFolder folder;
  for (const char* name : {"config.json", "log.jsonl", "model.safetensors", "notes.txt", "last.safetensors.tmp.12"})
    write_file_atomic(folder.path() / name, "x");
  RunFolder run(folder.path(), RunMode::kOverwrite);
  EXPECT_FALSE(stored_config(folder.path()));
  EXPECT_FALSE(fs::exists(folder.path() / "log.jsonl"));
  EXPECT_FALSE(fs::exists(folder.path() / "last.safetensors.tmp.12"));
  EXPECT_TRUE(fs::exists(folder.path() / "notes.txt"));
}

TEST(RunFolder, OverwritingRemovesTheModelsOfTheOldRun) {
  const TemporaryFolder folder;
  const auto fill = [&](bool run) {
    if (run) write_file_atomic(folder.path() / "config.json", "x");
    for (const char* name : {"model/config.json", "adapter/a", "tokenizer/t", "model.new/half", "other/kept"})
      write_file_atomic(folder.path() / name, "x");
  };
  fill(false);
  { RunFolder run(folder.path(), RunMode::kOverwrite); }
  EXPECT_TRUE(fs::exists(folder.path() / "model/config.json")) << "there was no run, so it belongs to something else";
  fill(true);
  { RunFolder run(folder.path(), RunMode::kResume); }
  EXPECT_TRUE(fs::exists(folder.path() / "model/config.json"));
  EXPECT_FALSE(fs::exists(folder.path() / "model.new"));
  { RunFolder run(folder.path(), RunMode::kOverwrite); }
  for (const char* name : {"model", "adapter", "tokenizer"}) EXPECT_FALSE(fs::exists(folder.path() / name)) << name;
  EXPECT_TRUE(fs::exists(folder.path() / "other/kept"));
}

TEST(RunFolder, WhatARunBeginsWithIsNotOverwritten) {
  const TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  write_file_atomic(run / "model/config.json", "x");
  for (const fs::path& input : {run, run / "model", run / "model/", run / "x" / ".." / "model"})
    EXPECT_THROW(refuse_overwritten_input(run, input), Error) << input;
  EXPECT_NO_THROW(refuse_overwritten_input(run, folder.path() / "model"));
  EXPECT_NO_THROW(refuse_overwritten_input(run, "tiny"));
}

TEST(ConfigToResume, WithoutARunOneMustSayWhatToBeginWith) {
  const TemporaryFolder folder;
  const auto none = folder.path() / "mistyped";
  EXPECT_FALSE(config_to_resume(none, true));
  expect_refused([&] { config_to_resume(none, false); }, {"mistyped", "contains no run to resume"});
  EXPECT_FALSE(std::filesystem::exists(none));
  write_file_atomic(folder.path() / "config.json", R"({"lr": 0.5})");
  for (const bool names_model : {true, false})
    EXPECT_EQ(config_to_resume(folder.path(), names_model), (Json{{"lr", 0.5}}));
}

}  // namespace
}  // namespace hrm::training
