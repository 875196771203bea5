#include "solving/solve_json.h"

#include <utility>

namespace hrm::solving {

Json solve_json(std::span<const SolvedPuzzle> solutions, const puzzles::Questions& questions,
                const puzzles::Family& family, const SolveJsonOptions& options) {
  Json list = Json::array();
  for (size_t i = 0; i < solutions.size(); ++i) {
    Json entry = {{"source", questions.good[i].source}};
    entry.update(to_json(solutions[i], family));
    if (!options.steps) entry.erase("steps");
    if (!options.completions.empty()) entry["completion"] = to_json(options.completions[i], family);
    list.push_back(std::move(entry));
  }
  return {{"model", options.model},
          {"family", family.describe()},
          {"complete", options.complete},
          {"solutions", std::move(list)},
          {"skipped", puzzles::to_json(questions.skipped)}};
}

}  // namespace hrm::solving
