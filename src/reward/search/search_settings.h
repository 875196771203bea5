// Settings of searches with a policy and a step scorer. N is the budget: the number of samples of a step, or of whole
// solutions, that a problem may have at any time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "selection/aggregate.h"
#include "steps/step_settings.h"

namespace hrm::search {

enum class SearchMethod {
  kBestOfN,     // N whole solutions; selection/best_of_n.h picks among them
  kStepGreedy,  // the authors' best-of-N for step models (arXiv 2503.13551): N next steps are sampled, the best stays
  kBeam,        // M beams share N next steps evenly, the best M of all stay
  kDvts,        // diverse verifier tree search (Beeching, Tunstall and Rush 2024, "Scaling test-time compute with open
                // models"): N / M independent searches, each greedy with M next steps; the best of their ends
  kParticles,   // particle filtering (arXiv 2502.01618): N partial solutions, redrawn by their scores after each step
};
EnumNames<SearchMethod> enum_names(SearchMethod);  // bon, step-greedy, beam, dvts, particles

// What a particle's chance to be drawn is proportional to, v being the aggregate of its step scores
// (search/particles.h).
enum class ParticleWeights { kOdds, kExp };              // v / (1 - v); exp(v)
EnumNames<ParticleWeights> enum_names(ParticleWeights);  // odds, exp

struct SearchSettings : steps::StepSettings {
  std::vector<SearchMethod> method = {SearchMethod::kBestOfN};
  std::vector<int64_t> n = {1, 2, 4, 8};
  int64_t width = 4;
  selection::Aggregation aggregate = selection::Aggregation::kLast;
  ParticleWeights particle_weights = ParticleWeights::kOdds;
  bool samples = true, greedy = true, logprobs = false;

  SearchSettings() { depth = 20; }

  // method and n, which are lists, are not among them.
  static void fields(auto& self, auto&& field) {
    field("width", self.width, "M: beams to keep, and next steps per search of dvts");
    field("aggregate", self.aggregate,
          "how the step scores of a solution become one number, for ends, beams and samples: last, min, product, mean");
    field("particle_weights", self.particle_weights,
          "what particles are drawn by: odds, v / (1 - v) of a value in [0, 1]; or exp, exp(v) of any value");
    field("logprobs", self.logprobs,
          "ask the policy for log-probabilities and write the mean of each sample: a baseline without a scorer");
    field("samples", self.samples, "sample N whole solutions even without bon, for the majority vote and pass@N");
    field("greedy", self.greedy, "also sample one whole solution at temperature 0");
    StepSettings::fields(self, field);
  }

  bool has(SearchMethod wanted) const;
  bool wants_samples() const { return samples || has(SearchMethod::kBestOfN); }
  int64_t most() const;   // the largest N
  void validate() const;  // throws bad_input

  // All of it that decides the results: what a file of them was made with.
  Json to_json() const;
};

}  // namespace hrm::search
