#include "solving/model_folder.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/testing/paths.h"
#include "formats/safetensors.h"

namespace hrm::solving {
namespace {

namespace fs = std::filesystem;

// The name of the file that is taken from a folder of these files, or the message.
std::string taken(const std::vector<std::string>& names) {
  const TemporaryFolder folder;
  for (const std::string& name : names) write_file_atomic(folder.path() / name, std::string_view("PK\3\4"));
  try {
    return model_in_folder(folder.path()).filename().string();
  } catch (const Error& e) {
    EXPECT_EQ(e.exit_code(), 2);
    return e.what();
  }
}

TEST(ModelFolder, UsualNamesAreOpened) {
  for (const char* name : {"checkpoint", "step_7", "step_7.pt", "step_7.pth", "model.pt", "pytorch_model.bin",
                           "model.safetensors", "last.ckpt", "best.pth", "weights", "epoch=3-step=9.ckpt"})
    EXPECT_EQ(taken({"all_config.yaml", "losses.py", name, "optimizer.pt", "step_7_all_preds.0", "rng_state.pth"}),
              name);
}

TEST(ModelFolder, TheLastStepIsTaken) {
  EXPECT_EQ(taken({"step_9", "step_10", "step_2.pt"}), "step_10");
  EXPECT_EQ(taken({"step_9.pt", "step_100.pt"}), "step_100.pt");
  EXPECT_EQ(taken({"last.ckpt", "epoch=3-step=9.ckpt"}), "last.ckpt");
}

TEST(ModelFolder, SeveralOrNoneAreNamed) {
  const auto expect_says = [](const std::string& said, const std::string& part) {
    EXPECT_NE(said.find(part), std::string::npos) << said;
  };
  expect_says(taken({"a.pt", "b.pt"}), "give the file itself (a.pt, b.pt)");
  expect_says(taken({"step_3", "step_3.pt"}), "several files of step 3");
  expect_says(taken({"step_3", "checkpoint"}), "give the file itself");
  expect_says(taken({"notes.txt", "all_config.yaml"}), "only all_config.yaml, notes.txt");
  expect_says(taken({"__0_0.distcp", ".metadata"}), "distributed checkpoint");
}

TEST(ModelFolder, ARunKeepsItsModel) {
  const TemporaryFolder folder;
  save_safetensors(folder.path() / "last.safetensors", {});
  write_file_atomic(folder.path() / "step_5", std::string_view("PK\3\4"));
  EXPECT_EQ(model_in_folder(folder.path()).filename(), "last.safetensors");
  save_safetensors(folder.path() / "model.safetensors", {.metadata = {{"config", "{}"}}});
  EXPECT_EQ(model_in_folder(folder.path()).filename(), "model.safetensors");
}

}  // namespace
}  // namespace hrm::solving
