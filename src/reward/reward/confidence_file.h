// Measures how sure a language model is of the solutions of a file, and adds the measures to its records
// (selection/confidence.h: mean_logprob, entropy, self_certainty).
//
//   records with `candidates`   each candidate gets the three measures; with `steps` also scores of each of its steps
//   records of one solution     of any format that rows reads: the record gets them, and scores of each of its steps
//                               (docs/formats/step-scores.md)
//
// A solution is measured as the model would have written it: behind the prompt, its steps joined by the separator
// unless they bring their line ends. The score of a step is the mean of its tokens; a step without tokens is measured
// at the token that follows, and behind the last one that is an end-of-text token.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "formats/jsonl.h"
#include "language/model_bundle.h"

namespace hrm::reward {

struct ConfidenceFileOptions {
  std::string prompt = "{question}\n", separator = "\n\n";
  bool chat = false;      // the prompt is a user's message in the bundle's chat template
  bool steps = false;     // score the steps of candidates too
  bool skip_bad = false;  // records that cannot be measured are listed and left out
  bool progress = true;
  at::ScalarType compute = at::ScalarType::Float;  // of the arithmetic

  void validate() const;  // throws bad_input for a prompt without {question}
};

struct ConfidenceFileReport {
  uint64_t solutions = 0;  // 0: the file has none that can be measured, and the means below are 0
  int64_t tokens = 0;
  double mean_logprob = 0, entropy = 0, self_certainty = 0;  // means over all tokens
  BadLines bad;
  Json to_json() const;
};

// Hands over the records with their measures in the order of the file. Throws bad_input naming file, line and field: no
// question, no steps, a text that is longer than the model reads; failure if it was interrupted.
ConfidenceFileReport measure_confidences(const std::filesystem::path& path, const language::ModelBundle& bundle,
                                         const ConfidenceFileOptions& options,
                                         const std::function<void(const Json&)>& write);

}  // namespace hrm::reward
