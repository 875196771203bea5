// A reward model: decoder, head, tokenizer, and how it reads steps.
//
// A folder is a Hugging Face folder with the tokenizer in it. Folders written here have a reward.json beside
// (docs/reward-models.md); of others the checkpoint tells the layout:
//   ForSequenceClassification   prompt     ForProcessRewardModel  qwen_prm
//   ForTokenClassification      trl        v_head.summary         skywork
//   ForRewardModel              chat
// Layout trl reads texts as TRL does, mode faithful. A plain language model tells nothing: shepherd or rlhflow must be
// named; so must chat for outcome models with sequence classification (Skywork-Reward).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/losses.h"
#include "language/model_bundle.h"
#include "reward/layout.h"

namespace hrm::reward {

// What makes a score of a head's outputs.
enum class ScoreKind {
  kRaw,      // the one output
  kSigmoid,  // of the one output
  kClass,    // P(class 1) of two
  kBeta,     // a / (a + b): a = softplus of the second of two outputs, b of the first (language/losses.h)
  kTokens,   // softmax over the tokens good and bad
  // Of any number of outputs o_k, with a weight w_k for each (RewardConfig::weights):
  kClasses,   // sum_k w_k softmax(o)_k: P(class k) for weights 0,..,1,..,0; an expected rating for 0,0.5,1
  kSigmoids,  // sum_k w_k sigmoid(o_k): several labels at once
  kOutputs,   // sum_k w_k o_k: several ratings, as regression heads give them
};
EnumNames<ScoreKind> enum_names(ScoreKind);

struct RewardConfig {
  std::string name;  // of the scorer, in files of scores; empty: the folder's
  ScoreKind score = ScoreKind::kRaw;
  std::string weights;  // numbers with commas between them, one per output; empty: the score needs none
  Layout layout;

  static void fields(auto& self, auto&& field) {
    field("name", self.name, "name of this model in files of scores");
    field("score", self.score, "raw, sigmoid, class, beta or tokens; with weights classes, sigmoids or outputs");
    field("weights", self.weights, "what each output adds to the score, for classes, sigmoids and outputs");
    field("layout", self.layout, "");
  }
};

struct RewardModel {
  language::ModelBundle bundle;
  RewardConfig config;
};

// Overrides of a folder's settings.
struct RewardOverrides {
  std::optional<LayoutName> layout;
  std::optional<rows::Kind> kind;
  std::optional<rows::Mode> mode;
  std::string good, bad, name;
  // What each output is worth. Without `score`, problem_type of config.json says how they are read: regression
  // (outputs), multi_label_classification (sigmoids), else classes.
  std::string weights = {};
  std::optional<ScoreKind> score = {};
  std::filesystem::path adapter = {};  // a LoRA adapter to merge into the model, with or without a head of its own
  text::ChatSettings chat = {};        // of a layout that the folder's chat template makes
};

// path: a folder, or the run folder of `hrm reward train`, whose model/ is taken. Throws bad_input naming folder and
// fault: a head that is not the one that config.json names, tensors that are missing or misshapen, a tokenizer with
// more tokens than the model, no layout, a score that does not fit the head, a head of three or more outputs without
// weights. An adapter's folder may hold a reward.json or a tokenizer; they take the place of the model's.
RewardModel load_reward_model(const std::filesystem::path& path, const RewardOverrides& overrides = {},
                              const language::LoadOptions& options = {});

// The score of a head that was trained with this loss. Throws bad_input if they do not fit.
ScoreKind score_of(language::HeadKind head, int64_t outputs, std::optional<language::LossKind> loss);

// Numbers of RewardConfig::weights. Throws bad_input naming source for what is no finite number.
std::vector<double> read_weights(const std::string& weights, std::string_view source);

// reward.json, in a folder that save_model() wrote.
void save_reward_config(const std::filesystem::path& folder, const RewardConfig& config);

// The unchanged reward.json of `from`, if it has one.
void copy_reward_config(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace hrm::reward
