#include "studies/rollout_study.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"
#include "worlds/arithmetic_policy.h"
#include "worlds/solutions.h"

namespace hrm::studies {
namespace {

constexpr uint64_t kSolutionStream = 1, kRolloutStream = 2;

// A state with its rollouts, in order.
struct Sampled {
  LabeledState state;          // without a label
  std::vector<uint8_t> right;  // per rollout
  std::vector<int64_t> tokens;
};

void sample_states(const worlds::ArithmeticProblem& problem, uint32_t index, const RolloutStudyOptions& options,
                   std::vector<Sampled>& states) {
  const int64_t most = *std::ranges::max_element(options.rollouts);
  const auto question = worlds::find_question(problem.question).value();
  worlds::ArithmeticPolicy policy(options.policy);
  worlds::TrueValues values(question, options.policy);
  const auto solutions = worlds::sample_solutions(
      policy, problem, {.n = options.solutions, .seed = derive_seed(options.seed, {kSolutionStream, index})}, &values);
  for (size_t s = 0; s < solutions.size(); ++s) {
    worlds::Walk walk(question);
    std::string prompt = worlds::prompt_of(problem.question, {});
    for (size_t i = 0; i < solutions[s].steps.size(); ++i) {
      const worlds::StepTruth truth = walk.take(solutions[s].steps[i]);
      prompt += solutions[s].steps[i] + "\n";
      if (truth.terminal) break;
      Sampled sampled{
          .state = {
              .problem = index, .truth = solutions[s].values[i], .on_track = truth.on_track, .valid = truth.valid}};
      // Each occurrence of a state has its own rollouts.
      const uint64_t seed = derive_seed(options.seed, {kRolloutStream, index, s, i});
      const policy::Reply reply = policy.complete({.prompt = prompt, .n = most, .seed = seed});
      for (const policy::Choice& choice : std::get<policy::Response>(reply).choices) {
        sampled.right.push_back(worlds::ends_right(walk, choice.text));
        sampled.tokens.push_back(choice.tokens);
      }
      states.push_back(std::move(sampled));
    }
  }
}

RolloutStudyRow row_of(const std::string& label, int64_t rollouts, const std::vector<Sampled>& states, uint64_t seed) {
  RolloutStudyRow row{.label = label, .rollouts = rollouts};
  std::vector<LabeledState> labeled;
  for (const Sampled& sampled : states) {
    LabeledState state = sampled.state;
    int64_t spent = rollouts;
    const auto end = sampled.right.begin() + rollouts;
    const auto right = static_cast<double>(std::count(sampled.right.begin(), end, 1));
    const auto k = static_cast<double>(rollouts);
    if (label == "hard") {
      const auto first = std::find(sampled.right.begin(), end, 1);
      if (first != end) spent = first - sampled.right.begin() + 1;
      state.label = right > 0 ? 1 : 0;
    } else {
      state.label = label == "value" ? *state.truth : label == "beta" ? (right + 0.5) / (k + 1) : right / k;
    }
    state.positive = state.label >= 0.5;
    row.rollouts_per_state += static_cast<double>(spent);
    for (int64_t i = 0; i < spent; ++i) row.tokens_per_state += static_cast<double>(sampled.tokens[i]);
    labeled.push_back(state);
  }
  row.rollouts_per_state /= static_cast<double>(states.size());
  row.tokens_per_state /= static_cast<double>(states.size());
  row.errors = label_errors(labeled, seed);
  return row;
}

}  // namespace

RolloutStudy study_rollouts(std::span<const worlds::ArithmeticProblem> problems, const RolloutStudyOptions& options) {
  for (int64_t rollouts : options.rollouts)
    if (rollouts < 1) throw bad_input("studies.study", "{} rollouts: expected at least 1", rollouts);
  if (options.rollouts.empty() || problems.empty() || options.solutions < 1)
    throw bad_input("studies.study", "nothing to study: expected problems, solutions and numbers of rollouts");
  std::vector<std::vector<Sampled>> by_problem(problems.size());
  parallel_for(problems.size(), options.threads,
               [&](size_t i) { sample_states(problems[i], static_cast<uint32_t>(i), options, by_problem[i]); });
  std::vector<Sampled> states;
  for (auto& list : by_problem) std::ranges::move(list, std::back_inserter(states));
  if (states.empty()) throw bad_input("studies.study", "the solutions contain no step before the answer");

  RolloutStudy study{
      .policy = worlds::ArithmeticPolicy(options.policy).name(), .problems = problems.size(), .states = states.size()};
  study.rows.push_back({.label = "value"});
  for (const char* label : {"soft", "beta", "hard"})
    for (int64_t rollouts : options.rollouts) study.rows.push_back({.label = label, .rollouts = rollouts});
  parallel_for(study.rows.size(), options.threads, [&](size_t i) {
    study.rows[i] = row_of(study.rows[i].label, study.rows[i].rollouts, states, options.seed);
  });
  return study;
}

}  // namespace hrm::studies
