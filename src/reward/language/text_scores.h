// Log-probabilities of given texts under a language model.
#pragma once

#include <span>
#include <vector>

#include "language/decoder.h"

namespace hrm::language {

struct ScoredText {
  std::vector<int32_t> ids;
  size_t first = 1;  // the token from which on scores are wanted; the tokens before are only read. At least 1
};

// Natural log-probability of each of the tokens from `first` on, given those before. call_tokens: of one call, padding
// included. Throws bad_input for a text that is longer than the model reads. REQUIRES: first <= ids.size()
std::vector<std::vector<float>> log_probabilities(const Decoder& decoder, std::span<const ScoredText> texts,
                                                  int64_t call_tokens = 4096);

// Of one token y after what stands before it, p = p(. | before) over a vocabulary of V: log p(y); the entropy
// -sum_v p(v) log p(v); and the self-certainty KL(uniform || p) = -(1/V) sum_v log p(v) - log V (arXiv 2502.18581). In
// nats, computed in float32.
struct TokenConfidence {
  float logprob = 0, entropy = 0, self_certainty = 0;
};
// The same texts and places as log_probabilities().
std::vector<std::vector<TokenConfidence>> token_confidences(const Decoder& decoder, std::span<const ScoredText> texts,
                                                            int64_t call_tokens = 4096);

}  // namespace hrm::language
