// Trains a reward model on files of rows or labeled solutions (language/fine_tuning.h, training/run_loop.h).
//
// RUN/model is the model that was best on the held-out rows, or the newest: a Hugging Face folder with reward.json.
#pragma once

#include <string>
#include <vector>

#include "language/fine_tune_request.h"
#include "language/tiny.h"
#include "reward/examples.h"
#include "reward/reward_model.h"

namespace hrm::reward {

// AdamW's defaults suit a pretrained model; a tiny one from scratch needs a larger rate (reward_train_defaults).
struct RewardTrainConfig {
  std::vector<std::string> rows, test;
  std::string from = language::kTiny;
  language::TinySize tiny;
  language::HeadKind head = language::HeadKind::kSequence;
  std::string layout;      // LayoutName; empty: that of the head
  std::string kind, mode;  // empty: as FILE.meta.json says, else prm and sound
  std::string separator = "\n\n";
  std::string good, bad, chat_date;
  uint64_t token_budget = 0;
  double hard_from = 0;
  bool drop_long = false;
  language::FineTuneConfig tuning;

  static void fields(auto& self, auto&& field) {
    field("rows", self.rows, "training data");
    field("test", self.test, "held-out data that selects the best model");
    field("from", self.from, "folder of a language or reward model; or tiny, a small new model that reads bytes");
    field("tiny", self.tiny, "");
    field("head", self.head, "sequence, token, process, value or language");
    field("layout", self.layout, "prompt, trl, shepherd, qwen_prm, skywork or rlhflow; empty: that of the head");
    field("kind", self.kind, "orm, prm or hierarchical; empty: that of the rows");
    field("mode", self.mode, "sound or faithful prompts; empty: that of the rows");
    field("separator", self.separator, "text between the steps before the judged one");
    field("good", self.good, "head language: token of a right step");
    field("bad", self.bad, "head language: token of a wrong step");
    field("chat_date", self.chat_date, "qwen_prm, rlhflow: date that the model's chat template writes, YYYY-MM-DD");
    field("token_budget", self.token_budget, "stop after reading this many tokens; 0: use epochs or steps");
    field("hard_from", self.hard_from, "cross_entropy: labels of at least this count as 1; 0: labels must be 0 or 1");
    field("drop_long", self.drop_long, "leave out texts that are too long for the model instead of refusing them");
    language::FineTuneConfig::fields(self.tuning, field);
  }
  void validate() const;  // throws bad_input
};

// What the program starts from: squared error; a rate that suits the model.
RewardTrainConfig reward_train_defaults(bool tiny);

// Throws bad_input for settings and data that do not fit, failure on NaN and full disks.
training::RunReport train_reward_model(const RewardTrainConfig& defaults, const language::FineTuneRequest& request);

}  // namespace hrm::reward
