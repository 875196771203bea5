// Solutions of arithmetic problems: sampled from a policy or read from JSON, with the judgment of each step.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "policy/policy.h"
#include "worlds/arithmetic.h"
#include "worlds/arithmetic_value.h"
#include "worlds/judge.h"

namespace hrm::worlds {

struct JudgedSolution {
  std::vector<std::string> steps;
  int64_t tokens = 0;
  SolutionTruth truth;
  std::string answer;          // as given; empty if there is none
  std::vector<double> values;  // after each step, if requested
};

// {"id", "question", "answer"}: the id and the answer may be missing; an answer that is not the question's value is
// refused, as is a question of another kind (throws bad_input naming `place`).
ArithmeticProblem problem_from_json(const Json& json, std::string_view place);
Json to_json(const ArithmeticProblem& problem);

// The prompt under which the scripted policy continues these steps, one per line.
std::string prompt_of(std::string_view question, const std::vector<std::string>& steps);

// Steps of a text, one per line; blank lines are skipped.
std::vector<std::string> lines_of(std::string_view text);

// Whether the text, which continues from there, holds the correct answer.
bool ends_right(const Walk& from, std::string_view text);

// Judges the steps; with `values` also the value after each. Throws bad_input if those are too many to compute.
JudgedSolution judged(const ArithmeticProblem& problem, std::vector<std::string> steps, TrueValues* values = nullptr);

// how.n whole solutions, asked for as `how` says but with the problem's prompt; what a policy writes after its answer
// is cut off. Throws failure if the policy fails.
std::vector<JudgedSolution> sample_solutions(policy::Policy& policy, const ArithmeticProblem& problem,
                                             policy::Request how, TrueValues* values = nullptr);

// how.n rollouts from the state after each step but an answer, which is its own outcome: the share that ended
// correctly. Throws failure if the policy fails.
std::vector<double> rollout_labels(policy::Policy& policy, const ArithmeticProblem& problem,
                                   const JudgedSolution& solution, policy::Request how);

// {"steps", "answer", "correct", "tokens", "valid": [..], "on_track": [..]}, a candidate of docs/formats/
// scored-solutions.md; "scores": {"value": [..]} if there are values.
Json to_json(const JudgedSolution& solution);

}  // namespace hrm::worlds
