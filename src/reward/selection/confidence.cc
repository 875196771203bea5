#include "selection/confidence.h"

#include <algorithm>
#include <cmath>

#include "selection/record_fields.h"

namespace hrm::selection {
namespace {

constexpr double kRounding = 1e-3;  // a float32 log-softmax may end above 0

double number_of(const Json& value, std::string_view field, const std::string& place) {
  return numbers_of(Json::array({value}), field, place).front();
}

double logprob_of(const Json& value, std::string_view field, const std::string& place) {
  const double logprob = number_of(value, field, place);
  if (logprob > kRounding)
    throw bad_input("confidence.read", "{}: field '{}' has {}: a log-probability is at most 0", place, field, logprob);
  return std::min(logprob, 0.0);
}

// null: a token that nothing stands before. A list of anything but numbers, or objects with one, says nothing here.
std::optional<double> mean_of_list(const Json& list, std::string_view field, const std::string& place) {
  double sum = 0;
  size_t count = 0;
  for (const Json& entry : list) {
    if (entry.is_null()) continue;
    const Json* value = entry.is_object() ? find_any(entry, {"logprob"}) : &entry;  // objects: OpenAI's chat
    if (!value || !value->is_number()) return std::nullopt;
    sum += logprob_of(*value, field, place);
    ++count;
  }
  return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
}

std::optional<double> mean_logprob_of(const Json& candidate, const std::string& place) {
  if (const Json* value = find_any(candidate, {"mean_logprob"})) return logprob_of(*value, "mean_logprob", place);
  if (const Json* list = find_any(candidate, {"logprobs"})) {
    const Json* inner = list->is_object() ? find_any(*list, {"content", "token_logprobs"}) : list;
    if (inner && inner->is_array()) return mean_of_list(*inner, "logprobs", place);
  }
  if (const Json* list = find_any(candidate, {"token_logprobs"}); list && list->is_array())
    return mean_of_list(*list, "token_logprobs", place);
  const Json* sum = find_any(candidate, {"cumulative_logprob"});
  const Json* tokens = find_any(candidate, {"tokens", "num_tokens"});
  if (!sum || !tokens || !tokens->is_number_integer() || tokens->get<double>() < 1) return std::nullopt;
  return logprob_of(*sum, "cumulative_logprob", place) / tokens->get<double>();
}

std::optional<double> at_least_0(const Json& candidate, std::string_view field, const std::string& place) {
  const Json* value = find_any(candidate, {field});
  if (!value) return std::nullopt;
  const double number = number_of(*value, field, place);
  if (number < -kRounding)
    throw bad_input("confidence.read", "{}: field '{}' = {}: expected at least 0, in nats", place, field, number);
  return std::max(number, 0.0);
}

}  // namespace

double as_score(Confidence kind, double value) {
  switch (kind) {
    case Confidence::kMeanLogprob:
      return std::exp(value);
    case Confidence::kEntropy:
      return std::exp(-value);
    case Confidence::kSelfCertainty:
      break;
  }
  return value;
}

Confidences confidences_of(const Json& candidate, const std::string& place) {
  return {mean_logprob_of(candidate, place), at_least_0(candidate, name_of_enum(Confidence::kEntropy), place),
          at_least_0(candidate, name_of_enum(Confidence::kSelfCertainty), place)};
}

}  // namespace hrm::selection
