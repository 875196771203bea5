// Scores whole solutions of one problem: what they begin with alike is asked for once.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steps/step_scorer.h"
#include "steps/tree.h"

namespace hrm::steps {

// The solutions as a tree; nodes: the one of each step, per solution. Throws bad_input naming an empty solution or step.
struct SolutionTree {
  Tree tree;
  std::vector<std::vector<int32_t>> nodes;
};
SolutionTree tree_of(std::string_view question, std::span<const std::vector<std::string>> solutions);

// A score per step of each solution, of its step given those before it. Throws what the scorer throws.
std::vector<std::vector<double>> score_solutions(StepScorer& scorer, std::string_view question,
                                                 std::span<const std::vector<std::string>> solutions);

}  // namespace hrm::steps
