// Converts files of texts to examples for a language model: the tokens after a prompt.
//
//   {"text"}                  all of it
//   {"prompt", "completion"}  the completion, after the unchanged prompt
//   {"messages": [..]}        the last message, of the assistant, after the others in the model's chat form, with
//                             "tools" if the record has them
//   questions with solutions  of any format that rows reads (docs/formats/reward-data.md), and trees of a store: the
//                             solution after the prompt template; with min_label those from there on (arXiv
//                             2503.13551, section 4.3, learns from its good trajectories). Where the gold answer is
//                             known they are graded first
//
// A prompt is encoded as generation encodes it, what follows on its own, then comes the end token.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "language/examples.h"
#include "language/model_bundle.h"

namespace hrm::language {

struct TextConfig {
  std::string prompt = "{question}\n", separator = "\n";
  bool chat = false;
  std::string chat_date, chat_variables;
  double min_label = 0;
  bool drop_long = false;
  uint64_t max_length = 0;  // of a text in tokens; 0: what the model can read. No setting: that of the run

  static void fields(auto& self, auto&& field) {
    field("prompt", self.prompt, "template of a question's prompt; {question} is replaced");
    field("separator", self.separator, "text between the steps of a solution");
    field("chat", self.chat, "send the prompt as a user message in the model's chat format");
    field("chat_date", self.chat_date,
          "date that chat templates write, YYYY-MM-DD; empty: templates that ask for it are refused");
    field("chat_variables", self.chat_variables,
          "JSON object with the variables of chat templates, such as {\"enable_thinking\": false}");
    field("min_label", self.min_label,
          "leave out solutions whose outcome (or, without one, lowest step label) is below this");
    field("drop_long", self.drop_long, "leave out texts that are too long for the model instead of refusing them");
  }
  void validate() const;  // throws bad_input
};

// Adds the file's examples. Throws bad_input naming file and line: a record of no form, a text too long, a chat for a
// model without a template, a file that gives nothing.
void read_text_examples(const std::filesystem::path& path, const ModelBundle& bundle, const TextConfig& config,
                        ExampleSet& set);

}  // namespace hrm::language
