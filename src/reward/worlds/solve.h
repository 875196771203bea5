// Samples solutions of arithmetic problems as records with judged steps (docs/formats/scored-solutions.md).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "worlds/moves.h"
#include "worlds/solutions.h"

namespace hrm::worlds {

struct SolveOptions {
  policy::Request request;  // n solutions per problem; its seed is derived from `seed` and the problem
  uint64_t seed = 0;
  bool greedy = false;                     // also the policy's most likely solution (temperature 0), as `greedy`
  std::vector<int64_t> rollouts = {};      // each: scores "rollouts-N" of the steps, from N rollouts
  std::optional<SlipSettings> slips = {};  // of the scripted policy: its steps also get their true values
  size_t threads = 0;                      // problems under way at once; 0: one per core
};

// One record: {"id", "question", "gold", "candidates": [..], "greedy"}. index: of the problem in its file. Throws
// failure if the policy fails.
Json solved_record(policy::Policy& policy, const ArithmeticProblem& problem, uint64_t index,
                   const SolveOptions& options);

struct SolveSinks {
  std::function<void(const Json& record)> write;  // in the order of the problems
  std::function<void(uint64_t solved)> progress;  // after each problem, by one thread at a time
};

// Throws failure if the policy fails and if it was interrupted.
void solve_problems(policy::Policy& policy, const std::vector<ArithmeticProblem>& problems, const SolveOptions& options,
                    const SolveSinks& sinks);

}  // namespace hrm::worlds
