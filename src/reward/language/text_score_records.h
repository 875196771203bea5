// Log-probabilities of the texts of records, and their totals (`hrm lm score`).
//
//   {"text"}                  all of it but its first token
//   {"prompt", "completion"}  the completion, given the prompt
#pragma once

#include <span>
#include <string>

#include "base/json.h"
#include "language/model_bundle.h"
#include "language/text_scores.h"

namespace hrm::language {

struct TextToScore {
  ScoredText scored;
  int64_t bytes = 0;  // of the part that is scored
};

// Throws bad_input naming `place`: a missing field, an empty prompt or text, more tokens than the model reads.
TextToScore text_to_score(const ModelBundle& bundle, const Json& record, const std::string& place);

struct TextScoreTotals {
  double logprob = 0;
  int64_t tokens = 0, texts = 0, bytes = 0;

  // Puts "logprob" and "tokens" into the record of a text and adds them up.
  void add(Json& record, std::span<const float> logprobs, int64_t text_bytes);
  double nats_per_token() const { return -logprob / static_cast<double>(tokens); }
  double perplexity() const;
  Json to_json() const;  // also bits per byte; what has no tokens has no means: null
};

// Adds "token_ids" and "token_logprobs": [text of the token, log-probability] of each scored token.
void add_token_scores(Json& record, const ModelBundle& bundle, const ScoredText& text, std::span<const float> logprobs);

}  // namespace hrm::language
