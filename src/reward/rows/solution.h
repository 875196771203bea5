// The neutral form between readers and writers: one solution of one problem, its steps, and what is known about them.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hrm::rows {

struct LabeledSolution {
  std::string id, question;
  std::string gold;  // empty: unknown
  std::vector<std::string> steps;
  // Per step, whether it is right, in [0, 1]; nullopt: unknown. REQUIRES: as long as steps.
  std::vector<std::optional<double>> labels;
  std::optional<std::string> answer;  // the final one, where the record names it apart from the steps
  std::optional<double> outcome;      // whether the final answer is right
  bool complete = true;               // the steps reach a final answer, or an end without one
  // Leading steps that stand here for context: their labels belong to another solution of the same record, or to a
  // person's correction. Formats that label every step write their labels, training rows are not made of them.
  size_t context = 0;
};

using SolutionSink = std::function<void(LabeledSolution&&)>;

}  // namespace hrm::rows
