// Settings of growth: the same settings, seed and (deterministic) policy give the same trees. They are written into the
// store, and growth continues only with the same ones.
#pragma once

#include <cstdint>
#include <string>

#include "base/fields.h"
#include "steps/step_settings.h"

namespace hrm::tree {

enum class GrowMethod { kBreadth, kMcts, kFirstError, kRollouts, kAdaptive, kSolutions };
EnumNames<GrowMethod> enum_names(GrowMethod);  // breadth, mcts, first-error, rollouts, adaptive, solutions

struct GrowSettings : steps::StepSettings {
  GrowMethod method = GrowMethod::kBreadth;
  int64_t children = 5, rollouts = 8, simulations = 64;
  bool merge = true;
  double exploration = 1.25, width = 0.2;

  static void fields(auto& self, auto&& field) {
    field("method", self.method,
          "breadth: the whole tree, level by level; mcts: PUCT with the policy's own frequencies as prior; "
          "first-error: binary search for the first error, with reused rollouts (OmegaPRM); rollouts: roll out each "
          "step of sampled solutions until one end is right (Math-Shepherd); adaptive: roll out each step until the "
          "Beta interval is narrow; solutions: only whole solutions, for hrm tree filter");
    field("children", self.children,
          "choices per node; for rollouts, adaptive and solutions the number of whole solutions");
    field("rollouts", self.rollouts,
          "rollouts of a step: the exact number for first-error, the maximum for rollouts and adaptive");
    field("simulations", self.simulations, "simulations per problem, for mcts and first-error");
    field("merge", self.merge, "merge identical siblings and count them");
    field("exploration", self.exploration, "constant c of PUCT and of the choice of rollouts");
    field("width", self.width, "adaptive: width of the 95 % Beta interval (Jeffreys) at which rollouts stop");
    steps::StepSettings::fields(self, field);
  }
  void validate() const;  // throws bad_input
};

// What the authors' program did: breadth first, 5 children, depth 5, temperature 0.1, nothing merged.
GrowSettings faithful_settings();

}  // namespace hrm::tree
