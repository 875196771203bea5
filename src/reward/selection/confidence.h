// Baselines without a reward model: how sure the policy itself was of a solution y of T tokens for a problem x, with
// p_t = p(. | x, y_<t) over the V tokens of the vocabulary.
//
//   mean_logprob     (1/T) sum_t log p_t(y_t)
//   entropy          (1/T) sum_t H(p_t),  H(p) = -sum_v p(v) log p(v)
//   self_certainty   (1/T) sum_t KL(uniform || p_t) = -(1/T) sum_t ((1/V) sum_v log p_t(v) + log V)
//                    (Kang, Zhao and Song 2025, arXiv 2502.18581)
//
// Natural logarithms. As a score, higher is better and no weight of a vote is negative: exp(mean_logprob), the geometric
// mean of the tokens' probabilities; exp(-entropy); self_certainty itself.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/fields.h"
#include "base/json.h"

namespace hrm::selection {

enum class Confidence { kMeanLogprob, kEntropy, kSelfCertainty };
inline EnumNames<Confidence> enum_names(Confidence) {
  static constexpr std::pair<Confidence, std::string_view> kNames[] = {{Confidence::kMeanLogprob, "mean_logprob"},
                                                                       {Confidence::kEntropy, "entropy"},
                                                                       {Confidence::kSelfCertainty, "self_certainty"}};
  return kNames;
}

using Confidences = std::array<std::optional<double>, 3>;  // by Confidence

double as_score(Confidence kind, double value);

// What a candidate says of itself: numbers under the three names; else mean_logprob from
//   logprobs             a list of numbers; OpenAI's {content: [{logprob}]} or {token_logprobs: [..]}
//   token_logprobs       a list of numbers
//   cumulative_logprob   the sum, of `tokens` tokens (vLLM)
// Entropy and self-certainty need the whole distribution, so they are never taken from a list of likely tokens.
// Entries that are null (a first token that nothing stands before) are passed over, and so are lists of another form.
// Throws bad_input naming the place and field: one of the three that is not a number, a log-probability above 0, a negative
// entropy or self-certainty.
Confidences confidences_of(const Json& candidate, const std::string& place);

}  // namespace hrm::selection
