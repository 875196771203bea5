// Trains a language model on files of texts (language/text_examples.h), as a policy that solves problems step by step;
// also on its own good solutions, kept close to a teacher (language/policy_loss.h).
//
// RUN/model is the model that was best on the held-out texts, or the newest: a Hugging Face folder with tokenizer.
#pragma once

#include "language/fine_tune_request.h"
#include "language/text_examples.h"
#include "language/tiny.h"

namespace hrm::language {

struct PolicyTrainConfig {
  std::vector<std::string> data, held_out;
  std::string from = kTiny, teacher;
  TinySize tiny;
  TextConfig text;
  FineTuneConfig tuning;

  static void fields(auto& self, auto&& field) {
    field("data", self.data, "training data");
    field("held_out", self.held_out, "held-out data that selects the best model");
    field("from", self.from, "folder or .gguf file of a language model; or tiny, a small new model that reads bytes");
    field("teacher", self.teacher, "frozen model for kl_weight; empty: the model in `from`");
    field("tiny", self.tiny, "");
    field("text", self.text, "");
    FineTuneConfig::fields(self.tuning, field);
  }
  void validate() const;  // throws bad_input
};

// What the program starts from: a rate that suits the model.
PolicyTrainConfig policy_train_defaults(bool tiny);

// Throws bad_input for settings and data that do not fit, failure on NaN and full disks.
training::RunReport train_policy(const PolicyTrainConfig& defaults, const FineTuneRequest& request);

}  // namespace hrm::language
