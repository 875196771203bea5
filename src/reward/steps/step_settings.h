// Settings of requests for steps, the same for growing trees and for searching, and the request that they make.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "grading/grade.h"
#include "policy/policy.h"
#include "steps/step_format.h"
#include "steps/tree.h"

namespace hrm::steps {

struct StepSettings {
  int64_t depth = 5;
  double temperature = 0.7, top_p = 1;
  int64_t max_tokens = 1024;
  StepStyle steps = StepStyle::kAuthors;
  std::string regex;
  grading::AnswerFormat answer = grading::AnswerFormat::kAuto;  // heading is refused: hrm reads it
  std::vector<std::string> stop;                                // ends a solution as if the policy had ended it
  std::string prompt;  // template; empty: the authors' for their steps, else a plain one
  grading::Profile profile = grading::Profile::kSound;
  uint64_t seed = 0;

  static void fields(auto& self, auto&& field) {
    field("depth", self.depth, "maximum number of steps");
    field("temperature", self.temperature, "sampling temperature");
    field("top_p", self.top_p, "sample from the most probable tokens that together have this probability");
    field("max_tokens", self.max_tokens, "maximum tokens per choice");
    field("steps", self.steps, "authors (# Step k), blank (lines), line, or regex");
    field("regex", self.regex, "expression that ends a step, for steps=regex");
    field("answer", self.answer, "how answers are found: hrm (# Answer), gsm8k (####), boxed, auto");
    field("stop", self.stop,
          "texts that end a solution without being part of it, such as the next question of a prompt with examples");
    field("prompt", self.prompt, "prompt template with {question} and {steps}; empty: one that fits the steps");
    field("profile", self.profile, "grader of answers: sound or prm800k");
    field("seed", self.seed, "seed of all random numbers");
  }
  void validate() const;  // throws bad_input
  bool faithful() const;  // the authors' steps, answers and grader: steps are read as their program did
  StepFormat format() const;
  bool steps_end_prompt() const;  // the template ends with {steps}: they are the beginning of the answer
  grading::GradeOptions grade_options() const;
};

// Throws bad_input naming the setting unless low <= value <= high.
void check_setting(std::string_view name, double value, double low, double high);

// The request's text, and how much of its end is the steps, for a chat to continue: all of them where the template ends
// with {steps}, else nothing, since they stand in the middle of what the user says. The template with {question} and
// {steps} filled in. Steps of the authors' format are followed by a newline each ("the joined request uses newlines
// between steps"); others stand as they are.
struct FilledPrompt {
  std::string text;
  size_t begun = 0;
};
FilledPrompt fill_prompt(const StepSettings& settings, std::string_view question,
                         const std::vector<std::string_view>& steps);

// What a policy is asked at a node of a tree.
struct StepQuestion {
  std::string_view question;                 // of the problem
  std::vector<std::string_view> steps = {};  // before the node's children
  NodeId node;
  RequestKind kind;
  uint32_t round = 0;
  int64_t n = 1;  // choices
};

// n choices of the next step (kExpansion) or of everything up to the end (kRollouts), after the steps. Its seed is
// derived from the settings' seed, the node's id (which represents problem and path), the kind and the round: never
// from time or threads.
policy::Request step_request(const StepSettings& settings, const StepFormat& format, const StepQuestion& asked);

// Choices that ended at one of the settings' own stop texts ended by themselves.
void end_at_own_stops(const StepSettings& settings, policy::Response& response);

}  // namespace hrm::steps
