#include "language/examples.h"

#include <algorithm>
#include <cmath>

namespace hrm::language {
namespace {

constexpr std::string_view kInExamples = "language.examples";

void check_target(const Target& target, const ExampleRules& rules, std::string_view place) {
  const float v = target.value;
  switch (rules.loss) {
    case LossKind::kCrossEntropy:
      if (!(v >= 0 && v < static_cast<float>(rules.outputs) && v == std::floor(v)))
        throw bad_input(kInExamples, "{}: label {} is not one of the head's {} classes", place, v, rules.outputs);
      return;
    case LossKind::kSquaredError:
      if (!std::isfinite(v)) throw bad_input(kInExamples, "{}: label {} is not a finite number", place, v);
      return;
    case LossKind::kSoftLabels:
      if (!(v >= 0 && v <= 1)) throw bad_input(kInExamples, "{}: label {} is not between 0 and 1", place, v);
      return;
    case LossKind::kBetaBinomial:
      if (!(target.trials >= 1 && std::isfinite(target.trials) && v >= 0 && v <= target.trials))
        throw bad_input(kInExamples, "{}: {} successes of {} trials: expected 0 <= successes <= trials, trials >= 1",
                        place, v, target.trials);
      return;
  }
}

}  // namespace

Example language_example(std::vector<int32_t> ids, size_t first) {
  Example example;
  for (size_t i = std::max<size_t>(first, 1); i < ids.size(); ++i)
    example.targets.push_back({.position = static_cast<int32_t>(i - 1), .value = static_cast<float>(ids[i])});
  example.ids = std::move(ids);
  return example;
}

void check_example(const Example& example, const ExampleRules& rules, std::string_view place) {
  const auto length = std::ssize(example.ids);
  if (length == 0) throw bad_input(kInExamples, "{}: the text is empty", place);
  const int64_t longest = rules.config.max_position_embeddings;
  const int64_t limit = rules.max_length > 0 ? std::min(rules.max_length, longest) : longest;
  if (length > limit)
    throw bad_input(kInExamples, "{}: {} tokens exceed the limit of {} ({}): shorten the row", place, length, limit,
                    limit == longest ? fmt::format("{} of the model", rules.config.length_key()) : "max_length");
  for (const int32_t id : example.ids)
    if (id < 0 || id >= rules.config.vocab_size)
      throw bad_input(kInExamples, "{}: token {} is not one of the model's {}: model and tokenizer disagree", place, id,
                      rules.config.vocab_size);
  if (example.targets.empty())
    throw bad_input(kInExamples, "{}: nothing to learn: it has no target token or label", place);
  if (!(example.weight > 0 && std::isfinite(example.weight)))
    throw bad_input(kInExamples, "{}: weight {} is not above 0", place, example.weight);
  for (const Target& target : example.targets) {
    if (target.position < 0 || target.position >= length)
      throw bad_input(kInExamples, "{}: a target at position {} of a text of {} tokens", place, target.position,
                      length);
    check_target(target, rules, place);
  }
}

void ExampleSet::add(Example example, const ExampleRules& rules, bool drop_long, std::string_view place) {
  int64_t longest = rules.config.max_position_embeddings;
  if (rules.max_length > 0) longest = std::min(longest, rules.max_length);
  if (drop_long && std::ssize(example.ids) > longest) return counts.drop(fmt::format("longer than {} tokens", longest));
  check_example(example, rules, place);
  tokens += std::ssize(example.ids);
  targets += std::ssize(example.targets);
  budget.add(sizeof(example) + example.ids.size() * sizeof(example.ids[0]) +
                 example.targets.size() * sizeof(example.targets[0]),
             place, "tokens and targets", "train on fewer examples");
  ++counts.written;
  examples.push_back(std::move(example));
}

Json ExampleSet::to_json() const {
  return {{"examples", examples.size()}, {"targets", targets}, {"tokens", tokens}, {"counts", counts.to_json()}};
}

}  // namespace hrm::language
