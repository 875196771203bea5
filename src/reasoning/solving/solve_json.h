// The JSON of `hrm solve --json` and of the server. docs/solving.md has the schema.
#pragma once

#include <span>
#include <string>

#include "base/json.h"
#include "puzzles/questions.h"
#include "solving/completion.h"
#include "solving/solver.h"

namespace hrm::solving {

struct SolveJsonOptions {
  std::string model;                             // as given by the user
  bool complete = true;                          // false: interrupted
  bool steps = true;                             // include the result of every segment
  std::span<const Completion> completions = {};  // of each solution, or none (--complete)
};

// REQUIRES: one solution per good question, in order.
Json solve_json(std::span<const SolvedPuzzle> solutions, const puzzles::Questions& questions,
                const puzzles::Family& family, const SolveJsonOptions& options);

}  // namespace hrm::solving
