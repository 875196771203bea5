#include "studies/truth_scorer.h"

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "worlds/arithmetic.h"
#include "worlds/judge.h"

namespace hrm::studies {
namespace {

constexpr std::string_view kName = "truth";
constexpr std::array<std::pair<TruthOf, std::string_view>, 3> kTruths = {
    {{TruthOf::kTrack, "track"}, {TruthOf::kValid, "valid"}, {TruthOf::kValue, "value"}}};

}  // namespace

EnumNames<TruthOf> enum_names(TruthOf) { return kTruths; }

void TruthScorerSettings::validate() const {
  worlds::SlipSettings::validate();
  if (!(noise >= 0 && noise <= 100)) throw bad_input("studies.truth_scorer", "noise = {}: expected 0 to 100", noise);
}

std::optional<TruthScorerSettings> truth_scorer_settings(std::string_view scorer) {
  if (!scorer.starts_with(kName)) return std::nullopt;
  scorer.remove_prefix(kName.size());
  if (!scorer.empty() && scorer.front() != ':') return std::nullopt;
  TruthScorerSettings settings;
  assign_fields(settings, scorer.empty() ? scorer : scorer.substr(1));
  settings.validate();
  return settings;
}

std::string TruthScorer::name() const {
  std::string text(kName);
  const Json mine = fields_to_json(settings_), common = fields_to_json(TruthScorerSettings());
  for (const auto& [key, value] : mine.items())
    if (common.at(key) != value)
      text += fmt::format("{}{}={}", text == kName ? ":" : ",", key,
                          value.is_string() ? value.get<std::string>() : fmt::format("{}", value.get<double>()));
  return text;
}

worlds::TrueValues& TruthScorer::values_of(const std::string& question, const worlds::Expression& expression) {
  constexpr size_t kMostKept = 64;
  if (values_.size() >= kMostKept && !values_.contains(question)) values_.clear();
  return values_.try_emplace(question, expression, settings_).first->second;
}

std::vector<double> TruthScorer::score(const steps::Tree& tree, std::span<const int32_t> nodes) {
  const auto question = worlds::find_question(tree.problem.question);
  if (!question)
    throw bad_input(
        "studies.truth_scorer",
        "problem '{}': '{}' is not a question of the arithmetic world, and other questions cannot be judged",
        tree.problem.id, tree.problem.question.substr(0, 80));
  worlds::TrueValues* values = settings_.of == TruthOf::kValue ? &values_of(tree.problem.question, *question) : nullptr;
  std::vector<double> scores;
  for (const int32_t node : nodes) {
    worlds::Walk walk(*question);
    worlds::StepTruth last;
    for (const std::string_view step : steps::path_texts(tree, node)) last = walk.take(step);
    std::optional<double> truth = settings_.of == TruthOf::kValid ? last.valid : last.on_track;
    if (values) truth = values->success(walk);
    if (!truth)
      throw bad_input("studies.truth_scorer", "problem '{}' has more than {} states, too many for exact values",
                      tree.problem.id, values->states());
    const steps::Node& scored = tree.nodes[static_cast<size_t>(node)];
    characters_ += std::ssize(scored.text);
    if (settings_.noise > 0) {
      Rng rng(settings_.seed, {scored.id.high, scored.id.low});
      const double seen = 2 * *truth - 1 + settings_.noise * rng.normal();
      truth = 1 / (1 + std::exp(-2 * seen / (settings_.noise * settings_.noise)));
    }
    scores.push_back(*truth);
  }
  return scores;
}

}  // namespace hrm::studies
