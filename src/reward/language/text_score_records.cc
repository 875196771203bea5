#include "language/text_score_records.h"

#include <cmath>

namespace hrm::language {
namespace {

constexpr std::string_view kInTextScores = "language.score";

}  // namespace

TextToScore text_to_score(const ModelBundle& bundle, const Json& record, const std::string& place) {
  TextToScore text;
  std::vector<int32_t>& ids = text.scored.ids;
  std::string scored;
  if (record.is_object() && record.contains("completion")) {
    ids = bundle.tokenizer.encode(json_field<std::string>(record, "prompt", place));
    text.scored.first = ids.size();
    scored = json_field<std::string>(record, "completion", place);
    for (const int32_t id : bundle.tokenizer.encode(scored, text::Part::kContinuation)) ids.push_back(id);
    if (text.scored.first == 0)
      throw bad_input(kInTextScores, "{}: the prompt is empty: the completion needs at least one token before it",
                      place);
  } else {
    scored = json_field<std::string>(record, "text", place);
    ids = bundle.tokenizer.encode(scored);
  }
  if (ids.empty()) throw bad_input(kInTextScores, "{}: the text is empty", place);
  if (std::ssize(ids) > bundle.model.config.max_position_embeddings)
    throw bad_input(kInTextScores, "{}: {} tokens exceed the model's limit of {} ({})", place, ids.size(),
                    bundle.model.config.max_position_embeddings, bundle.model.config.length_key());
  text.bytes = std::ssize(scored);
  return text;
}

void TextScoreTotals::add(Json& record, std::span<const float> logprobs, int64_t text_bytes) {
  double sum = 0;
  for (const float each : logprobs) sum += each;
  logprob += sum;
  tokens += std::ssize(logprobs);
  bytes += text_bytes;
  ++texts;
  record["logprob"] = sum;
  record["tokens"] = logprobs.size();
}

double TextScoreTotals::perplexity() const { return std::exp(nats_per_token()); }

Json TextScoreTotals::to_json() const {
  return {{"texts", texts},
          {"tokens", tokens},
          {"logprob", logprob},
          {"nats_per_token", tokens > 0 ? Json(nats_per_token()) : Json()},
          {"perplexity", tokens > 0 ? Json(perplexity()) : Json()},
          {"bits_per_byte", bytes > 0 ? Json(-logprob / std::log(2.0) / static_cast<double>(bytes)) : Json()}};
}

void add_token_scores(Json& record, const ModelBundle& bundle, const ScoredText& text,
                      std::span<const float> logprobs) {
  Json ids = Json::array(), scored = Json::array();
  for (size_t i = 0; i < logprobs.size(); ++i) {
    ids.push_back(text.ids[text.ids.size() - logprobs.size() + i]);
    scored.push_back({bundle.tokenizer.bytes_of(ids.back().get<int32_t>()), logprobs[i]});
  }
  record["token_ids"] = std::move(ids);
  record["token_logprobs"] = std::move(scored);
}

}  // namespace hrm::language
