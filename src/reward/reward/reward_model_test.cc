#include "reward/reward_model.h"

#include <gtest/gtest.h>

#include "formats/safetensors.h"
#include "language/lora.h"
#include "reward/scorer.h"
#include "reward/testing/small_models.h"

namespace hrm::reward {
namespace {

using language::HeadKind;

std::string fault_in(const std::filesystem::path& folder, const RewardOverrides& overrides = {}) {
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
    return fault_in(folder.path);
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
  EXPECT_NE(damaged(HeadKind::kSequence, 3, [](NamedTensors&) {}).find("has 3 outputs"), std::string::npos);
}

TEST(RewardModel, HeadsOfSeveralOutputsNeedWeights) {
  const TestFolder folder("several");
  for (const HeadKind head : {HeadKind::kSequence, HeadKind::kToken, HeadKind::kProcess}) {
    write_checkpoint(folder.path, head, 3);
    EXPECT_NE(fault_in(folder.path).find("--weights 0,0,1"), std::string::npos);
    EXPECT_EQ(fault_in(folder.path, {.weights = "0,0.5,1"}), "");
  }
  write_checkpoint(folder.path, HeadKind::kSequence, 3);
  EXPECT_NE(fault_in(folder.path).find("LABEL_0, LABEL_1, LABEL_2"), std::string::npos);
  Json config = read_json(folder.path / "config.json");
  for (const auto& [type, score] : {std::pair("regression", ScoreKind::kOutputs),
                                    {"multi_label_classification", ScoreKind::kSigmoids},
                                    {"single_label_classification", ScoreKind::kClasses}}) {
    config["problem_type"] = type;
    write_json(folder.path / "config.json", config);
    EXPECT_EQ(load_reward_model(folder.path, {.weights = "0,0,1"}).config.score, score) << type;
  }
  const RewardModel chosen = load_reward_model(folder.path, {.weights = "1,-2,1e-3", .score = ScoreKind::kOutputs});
  EXPECT_EQ(chosen.config.score, ScoreKind::kOutputs);
  // What is written beside it comes back.
  save_reward_config(folder.path, chosen.config);
  EXPECT_EQ(load_reward_model(folder.path).config.weights, "1,-2,1e-3");
  EXPECT_NE(fault_in(folder.path, {.weights = "1,2"}).find("3 numbers"), std::string::npos);
  for (const char* none : {"1,2,x", "1,,3", "1,2,", "1,2,inf", "1;2;3"})
    EXPECT_NE(fault_in(folder.path, {.weights = none}).find("is not a number"), std::string::npos) << none;
  EXPECT_EQ(read_weights(" 0, 0.5 ,1", "x"), (std::vector<double>{0, 0.5, 1}));
}

TEST(RewardModel, WeightsMakeAScoreOfTheOutputs) {
  const TestFolder folder("weighted");
  write_checkpoint(folder.path, HeadKind::kSequence, 3);
  const std::vector<std::string> steps = {"1 + 1 = 2", "done"};
  const auto scores = [&](const std::string& weights, ScoreKind kind) {
    Scorer scorer(load_reward_model(folder.path, {.weights = weights, .score = kind}));
    return scorer.score(std::vector{Scorer::SolutionText{"1+1", &steps}})[0];
  };
  const auto a = scores("1,0,0", ScoreKind::kOutputs), b = scores("0,1,0", ScoreKind::kOutputs),
             c = scores("0,0,1", ScoreKind::kOutputs);
  for (size_t i = 0; i < steps.size(); ++i) {
    EXPECT_GT(std::abs(a[i] - b[i]), 1e-3) << "outputs that differ";
    EXPECT_NEAR(scores("2,-1,0.5", ScoreKind::kOutputs)[i], 2 * a[i] - b[i] + 0.5 * c[i], 1e-4);
    const double sum = std::exp(a[i]) + std::exp(b[i]) + std::exp(c[i]);
    EXPECT_NEAR(scores("0,0.5,1", ScoreKind::kClasses)[i], (0.5 * std::exp(b[i]) + std::exp(c[i])) / sum, 1e-4);
    EXPECT_NEAR(scores("0,2,1", ScoreKind::kSigmoids)[i], 2 / (1 + std::exp(-b[i])) + 1 / (1 + std::exp(-c[i])), 1e-4);
  }
}

TEST(RewardModel, AnAdapterBringsTheHead) {
  const TestFolder base("base"), adapter("adapter");
  write_checkpoint(base.path, HeadKind::kLanguage, 0);
  for (const HeadKind head : {HeadKind::kSequence, HeadKind::kToken, HeadKind::kProcess, HeadKind::kValue}) {
    const int64_t outputs = head == HeadKind::kValue ? 1 : 2;
    language::LanguageModel model = language::load_model(base.path);
    language::replace_head(model, head, outputs, 5);
    language::add_lora(model.parameters, {.rank = 2, .alpha = 4}, 3);
    for (auto& [name, tensor] : model.parameters)
      if (name.ends_with("lora_B.weight")) tensor.copy_(at::full_like(tensor, 0.05));
    language::save_adapter(adapter.path, model, {.rank = 2, .alpha = 4});
    const RewardModel loaded = load_reward_model(base.path, {.adapter = adapter.path});
    EXPECT_EQ(loaded.bundle.model.head, head);
    EXPECT_EQ(loaded.config.name, adapter.path.filename().string());
    EXPECT_EQ(loaded.config.score, head == HeadKind::kValue ? ScoreKind::kSigmoid : ScoreKind::kClass);
    Scorer scorer(load_reward_model(base.path, {.adapter = adapter.path}));
    const std::vector<std::string> steps = {"a", "b"};
    EXPECT_EQ(scorer.score(std::vector{Scorer::SolutionText{"q", &steps}})[0].size(), 2u);
  }
  // Its own settings come first.
  RewardConfig config = load_reward_model(base.path, {.adapter = adapter.path}).config;
  config.name = "mine";
  save_reward_config(adapter.path, config);
  EXPECT_EQ(load_reward_model(base.path, {.adapter = adapter.path}).config.name, "mine");
}

TEST(RewardModel, RefusesFoldersThatSayTooLittleOrNonsense) {
  const TestFolder folder("odd");
  write_checkpoint(folder.path, HeadKind::kLanguage, 0);
  EXPECT_NE(fault_in(folder.path).find("name the layout"), std::string::npos);
  EXPECT_EQ(fault_in(folder.path, {.layout = LayoutName::kShepherd}), "");
  EXPECT_NE(fault_in(folder.path, {.layout = LayoutName::kTrl}).find("score = tokens"), std::string::npos);
  write_file_atomic(folder.path / "reward.json", R"({"layout": {"name": "shepherd", "from": "steps"}})");
  EXPECT_NE(fault_in(folder.path).find("layout.from"), std::string::npos);
  write_file_atomic(folder.path / "reward.json", "{");
  EXPECT_NE(fault_in(folder.path).find("reward.json"), std::string::npos);
  std::filesystem::remove(folder.path / "reward.json");
  text::save_tokenizer(folder.path, text::byte_spec({"more", "tokens", "than", "rows"}), text::byte_config());
  EXPECT_NE(fault_in(folder.path, {.layout = LayoutName::kShepherd}).find("do not belong together"), std::string::npos);
  EXPECT_NE(fault_in(folder.path / "nowhere").find("no such folder"), std::string::npos);
}

}  // namespace
}  // namespace hrm::reward
