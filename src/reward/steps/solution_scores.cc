#include "steps/solution_scores.h"

#include <algorithm>

#include "base/error.h"

namespace hrm::steps {
SolutionTree tree_of(std::string_view question, std::span<const std::vector<std::string>> solutions) {
  SolutionTree made;
  made.tree.problem = {.id = "request", .question = std::string(question), .gold = ""};
  made.tree.nodes.push_back({.id = root_id(made.tree.problem)});
  for (size_t i = 0; i < solutions.size(); ++i) {
    if (solutions[i].empty()) throw bad_input("steps.score_solutions", "solution {} has no step", i + 1);
    auto& path = made.nodes.emplace_back();
    int32_t at = 0;
    for (const std::string& step : solutions[i]) {
      if (step.empty())
        throw bad_input("steps.score_solutions", "solution {}: step {} is empty", i + 1, path.size() + 1);
      path.push_back(at = child_with(made.tree, at, step));
    }
  }
  return made;
}

std::vector<std::vector<double>> score_solutions(StepScorer& scorer, std::string_view question,
                                                 std::span<const std::vector<std::string>> solutions) {
  const SolutionTree made = tree_of(question, solutions);
  std::vector<int32_t> nodes;
  for (size_t node = 1; node < made.tree.nodes.size(); ++node) nodes.push_back(static_cast<int32_t>(node));
  std::vector<double> values;
  if (!nodes.empty()) values = scorer.score(made.tree, nodes);
  std::vector<std::vector<double>> scores;
  for (const std::vector<int32_t>& path : made.nodes) {
    auto& row = scores.emplace_back();
    for (const int32_t node : path) row.push_back(values[static_cast<size_t>(node - 1)]);
  }
  return scores;
}

}  // namespace hrm::steps
