#include "reward/reward_model.h"

#include <gtest/gtest.h>

#include "formats/safetensors.h"
#include "reward/testing/small_models.h"

namespace hrm::reward {
namespace {

using language::HeadKind;

std::string fault_of(const std::filesystem::path& folder, const RewardOverrides& overrides = {}) {
  try {
    load_reward_model(folder, overrides);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::kBadInput);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  return "";
}

// Changes the tensors of a checkpoint.
void edit(const std::filesystem::path& folder, const std::function<void(NamedTensors&)>& change) {
  Safetensors file = load_safetensors(folder / "model.safetensors");
  change(file.tensors);
  save_safetensors(folder / "model.safetensors", file);
}

TEST(RewardModel, TheCheckpointTellsTheLayout) {
  struct Case {
    HeadKind head;
    int64_t outputs;
    LayoutName layout;
    ScoreKind score;
  };
  for (const Case& each : {Case{HeadKind::kSequence, 1, LayoutName::kPrompt, ScoreKind::kRaw},
                           {HeadKind::kSequence, 2, LayoutName::kPrompt, ScoreKind::kClass},
                           {HeadKind::kToken, 2, LayoutName::kTrl, ScoreKind::kClass},
                           {HeadKind::kProcess, 2, LayoutName::kQwenPrm, ScoreKind::kClass},
                           {HeadKind::kProcess, 1, LayoutName::kChat, ScoreKind::kRaw},
                           {HeadKind::kValue, 1, LayoutName::kSkywork, ScoreKind::kSigmoid}}) {
    const TestFolder folder("told");
    write_checkpoint(folder.path, each.head, each.outputs);
    const RewardModel model = load_reward_model(folder.path);
    EXPECT_EQ(model.config.layout.name, each.layout);
    EXPECT_EQ(model.config.score, each.score);
    // What is written beside it wins, and comes back as it was.
    RewardConfig config = model.config;
    config.name = "other";
    config.layout.kind = rows::Kind::kHierarchical;
    save_reward_config(folder.path, config);
    EXPECT_EQ(fields_to_json(load_reward_model(folder.path).config), fields_to_json(config));
  }
}

TEST(RewardModel, SkyworkNamesWithAWrapper) {
  const TestFolder folder("wrapped");
  write_checkpoint(folder.path, HeadKind::kValue, 1);
  edit(folder.path, [](NamedTensors& tensors) {
    NamedTensors renamed;
    for (auto& [name, tensor] : tensors)
      renamed.emplace(name.starts_with("v_head") ? name : "pretrained_model." + name, std::move(tensor));
    tensors = std::move(renamed);
  });
  EXPECT_EQ(load_reward_model(folder.path).config.layout.name, LayoutName::kSkywork);
}

TEST(RewardModel, RefusesWhatDoesNotFit) {
  const auto damaged = [](HeadKind head, int64_t outputs, const std::function<void(NamedTensors&)>& change) {
    const TestFolder folder("damaged");
    write_checkpoint(folder.path, head, outputs);
    edit(folder.path, change);
    return fault_of(folder.path);
  };
  const auto lacks = [](const std::string& name) { return [name](NamedTensors& tensors) { tensors.erase(name); }; };
  const auto misshapes = [](const std::string& name) {
    return [name](NamedTensors& tensors) { tensors.at(name) = HostTensor(DType::kF32, {3, 3}); };
  };
  EXPECT_NE(damaged(HeadKind::kProcess, 2, lacks("score.0.weight")).find("score.0.weight"), std::string::npos);
  EXPECT_NE(damaged(HeadKind::kProcess, 2, lacks("score.2.bias")).find("score.2.bias"), std::string::npos);
  EXPECT_NE(damaged(HeadKind::kProcess, 2, misshapes("score.0.weight")).find("score.0.weight"), std::string::npos);
  EXPECT_NE(damaged(HeadKind::kToken, 2, lacks("score.bias")).find("score.bias"), std::string::npos);
  EXPECT_NE(damaged(HeadKind::kSequence, 1, lacks("score.weight")).find("score.weight"), std::string::npos);
  EXPECT_NE(damaged(HeadKind::kSequence, 1, misshapes("score.weight")).find("score.weight"), std::string::npos);
  EXPECT_NE(damaged(HeadKind::kValue, 1, misshapes("v_head.summary.weight")).find("v_head"), std::string::npos);
  EXPECT_NE(damaged(HeadKind::kSequence, 1, lacks("model.norm.weight")).find("model.norm.weight"), std::string::npos);
  EXPECT_NE(damaged(HeadKind::kSequence, 3, [](NamedTensors&) {}).find("3 classes"), std::string::npos);
}

TEST(RewardModel, RefusesFoldersThatSayTooLittleOrNonsense) {
  const TestFolder folder("odd");
  write_checkpoint(folder.path, HeadKind::kLanguage, 0);
  EXPECT_NE(fault_of(folder.path).find("name the layout"), std::string::npos);
  EXPECT_EQ(fault_of(folder.path, {.layout = LayoutName::kShepherd}), "");
  EXPECT_NE(fault_of(folder.path, {.layout = LayoutName::kTrl}).find("score = tokens"), std::string::npos);
  write_file_atomic(folder.path / "reward.json", R"({"layout": {"name": "shepherd", "from": "steps"}})");
  EXPECT_NE(fault_of(folder.path).find("layout.from"), std::string::npos);
  write_file_atomic(folder.path / "reward.json", "{");
  EXPECT_NE(fault_of(folder.path).find("reward.json"), std::string::npos);
  std::filesystem::remove(folder.path / "reward.json");
  text::save_tokenizer(folder.path, text::byte_spec({"more", "tokens", "than", "rows"}), text::byte_config());
  EXPECT_NE(fault_of(folder.path, {.layout = LayoutName::kShepherd}).find("do not belong together"), std::string::npos);
  EXPECT_NE(fault_of(folder.path / "nowhere").find("no such folder"), std::string::npos);
}

}  // namespace
}  // namespace hrm::reward
