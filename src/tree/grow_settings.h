// What decides how a tree grows: the same settings, seed and (deterministic) policy give the same trees. They are
// written into the store, and growth goes on only with the same ones.
#pragma once

#include <cstdint>
#include <string>

#include "base/fields.h"
#include "tree/step_format.h"

namespace hrm::tree {

enum class GrowMethod { kBreadth, kMcts, kFirstError, kRollouts, kAdaptive };
EnumNames<GrowMethod> enum_names(GrowMethod);  // breadth, mcts, first-error, rollouts, adaptive
enum class GradeProfile { kSound, kPrm800k };
EnumNames<GradeProfile> enum_names(GradeProfile);  // sound, prm800k

struct GrowSettings {
  GrowMethod method = GrowMethod::kBreadth;
  int64_t children = 5, depth = 5, rollouts = 8, simulations = 64;
  double temperature = 0.7, top_p = 1;
  int64_t max_tokens = 1024;
  bool merge = true;
  StepStyle steps = StepStyle::kAuthors;
  std::string regex;
  AnswerStyle answer = AnswerStyle::kAuto;
  std::string prompt;  // template; empty: the authors' for their steps, else a plain one
  double exploration = 1.25, width = 0.2;
  GradeProfile profile = GradeProfile::kSound;
  uint64_t seed = 0;

  static void fields(auto& self, auto&& field) {
    field("method", self.method,
          "breadth: whole tree, level by level; mcts: PUCT with the policy's own frequencies as prior; first-error: "
          "binary search for the first error, rollouts reused (OmegaPRM); rollouts: of each step of sampled solutions "
          "until one is right (Math-Shepherd); adaptive: of each step until the Beta interval is narrow");
    field("children", self.children, "choices per node; whole solutions to begin with for rollouts and adaptive");
    field("depth", self.depth, "steps at most");
    field("rollouts", self.rollouts, "rollouts of a step: exactly for first-error, at most for rollouts and adaptive");
    field("simulations", self.simulations, "of mcts and first-error, per problem");
    field("temperature", self.temperature, "of sampling");
    field("top_p", self.top_p, "nucleus of sampling");
    field("max_tokens", self.max_tokens, "per request and choice");
    field("merge", self.merge, "merge identical siblings and count them");
    field("steps", self.steps, "authors (# Step k), blank (lines), line, or regex");
    field("regex", self.regex, "expression that ends a step, for steps=regex");
    field("answer", self.answer, "how answers are found: hrm (# Answer), gsm8k (####), boxed, auto");
    field("prompt", self.prompt, "template with {question} and {steps}; empty: one that fits the steps");
    field("exploration", self.exploration, "c of PUCT and of the choice of rollouts");
    field("width", self.width, "adaptive: of the 95 % Beta interval (Jeffreys) that is narrow enough");
    field("profile", self.profile, "grader for methods that look at answers: sound or prm800k");
    field("seed", self.seed, "of all random numbers");
  }
  void validate() const;  // throws bad_input
};

// What the authors' program did: breadth first, 5 children, depth 5, temperature 0.1, nothing merged.
GrowSettings faithful_settings();

// The request's text: the template with {question} and {steps} filled in. Steps of the authors' format are followed by
// a newline each ("the joined request uses newlines between steps"); others stand as they are.
std::string fill_prompt(const GrowSettings& settings, std::string_view question,
                        const std::vector<std::string_view>& steps);

}  // namespace hrm::tree
