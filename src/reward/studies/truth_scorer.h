// A scorer that judges steps of the arithmetic world exactly, or with noise: it shows what a search would gain from a
// perfect reward model and from a worse one.
//
// With t of a step its truth in [0, 1], what it sees is x = 2 t - 1 + noise z, z normal and fixed by seed and path; its
// score is 1 / (1 + exp(-2 x / noise^2)), the chance that a step is right given x where both are equally likely before.
// Right steps stand above wrong ones (ROC area) with chance Phi(sqrt(2) / noise): 0.98 for 0.7, 0.92 for 1, 0.76 for 2.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "steps/step_scorer.h"
#include "worlds/arithmetic_value.h"

namespace hrm::studies {

enum class TruthOf {
  kTrack,  // does the state after the step lead to the correct answer (worlds/judge.h)
  kValid,  // is what the step says true, given what stood before it
  kValue,  // the chance that the policy, continuing from there, ends correctly (worlds/arithmetic_value.h)
};
EnumNames<TruthOf> enum_names(TruthOf);  // track, valid, value

struct TruthScorerSettings : worlds::SlipSettings {
  TruthOf of = TruthOf::kTrack;
  double noise = 0;
  uint64_t seed = 0;

  static void fields(auto& self, auto&& field) {
    field("of", self.of,
          "track: whether it leads to the correct answer; valid: whether it is true; value: the probability of a right "
          "end");
    field("noise", self.noise, "standard deviation of noise; right and wrong steps are 2 apart");
    field("seed", self.seed, "seed of the noise");
    worlds::SlipSettings::fields(self, field);
  }
  void validate() const;  // throws bad_input
};

// Of "truth" or "truth:of=value,noise=0.7"; nullopt if the text names another scorer. Throws bad_input on wrong
// settings.
std::optional<TruthScorerSettings> truth_scorer_settings(std::string_view scorer);

class TruthScorer final : public steps::StepScorer {
 public:
  explicit TruthScorer(const TruthScorerSettings& settings) : settings_(settings) { settings_.validate(); }

  // Throws bad_input for a question of another kind, and where the states are too many for values.
  std::vector<double> score(const steps::Tree& tree, std::span<const int32_t> nodes) override;
  std::string name() const override;  // "truth", "truth:of=value,noise=0.7": what is not as by default
  int64_t scored_tokens() const override { return characters_; }  // of the steps that were scored: a token is one

 private:
  worlds::TrueValues& values_of(const std::string& question, const worlds::Expression& expression);

  TruthScorerSettings settings_;
  std::map<std::string, worlds::TrueValues> values_;  // of the last questions
  int64_t characters_ = 0;
};

}  // namespace hrm::studies
