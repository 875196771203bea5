#include "rows/write_solutions.h"

#include <algorithm>
#include <span>

#include "base/utf8.h"
#include "rows/read_stepwise.h"
#include "rows/step_text.h"

namespace hrm::rows {
namespace {

struct LabeledSteps {
  std::span<const std::string> steps;
  std::vector<double> labels;
};

std::optional<LabeledSteps> labeled_steps(const LabeledSolution& solution, ConversionCounts& counts) {
  size_t n = solution.labels.size();
  while (n > 0 && !solution.labels[n - 1]) --n;
  if (n == 0) {
    counts.drop("solution without a labeled step");
    return std::nullopt;
  }
  LabeledSteps kept{std::span(solution.steps).first(n), {}};
  for (size_t i = 0; i < n; ++i) {
    if (!solution.labels[i]) {
      counts.drop("solution with an unlabeled step before a labeled one");
      return std::nullopt;
    }
    kept.labels.push_back(*solution.labels[i]);
  }
  counts.drop("unlabeled step at a solution's end", solution.labels.size() - n);
  return kept;
}

Json to_trl(const LabeledSolution& solution, const LabeledSteps& kept, double hard_from) {
  Json labels = Json::array();
  for (const double label : kept.labels) labels.push_back(label >= hard_from);
  return {{"prompt", solution.question}, {"completions", kept.steps}, {"labels", labels}};
}

bool holds_mark(const LabeledSolution& solution, const LabeledSteps& kept) {
  const auto holds = [](const std::string& text) { return text.find(kShepherdMark) != std::string::npos; };
  return holds(solution.question) || std::ranges::any_of(kept.steps, holds);
}

// Whether a reader finds the question again in front of the first step.
bool question_is_clear(const LabeledSolution& solution, std::string_view input) {
  const std::string_view segment = input.substr(0, input.find(kShepherdMark));
  const auto first = find_first_step(segment);
  return first && strip(segment.substr(0, first->at)) == strip(solution.question);
}

Json to_math_shepherd(const LabeledSolution& solution, const LabeledSteps& kept, double hard_from) {
  std::string input = solution.question + " ", label = input;
  for (size_t i = 0; i < kept.steps.size(); ++i) {
    std::string text = i == 0 ? "" : "\n";
    if (!has_step_heading(kept.steps[i])) text += fmt::format("Step {}: ", i + 1);
    text += kept.steps[i] + " ";
    input += text + std::string(kShepherdMark);
    label += text + (kept.labels[i] >= hard_from ? "+" : "-");
  }
  return {{"input", input}, {"label", label}, {"task", ""}};
}

Json to_openr(const LabeledSolution& solution, const LabeledSteps& kept) {
  std::string prefix = solution.question;
  Json steps = Json::array();
  for (size_t i = 0; i < kept.steps.size(); ++i) {
    prefix += "\n\n" + kept.steps[i];
    steps.push_back({{"solution_prefix", prefix}, {"mc_value", kept.labels[i]}});
  }
  Json record = {{"question", solution.question}, {"final_answer", solution.gold}, {"reasoning_steps", steps}};
  if (!solution.id.empty()) record["question_id"] = solution.id;
  return record;
}

}  // namespace

bool is_written(Format format) {
  return format == Format::kTrl || format == Format::kMathShepherd || format == Format::kOpenr;
}

std::optional<Json> write_solution(Format format, const LabeledSolution& solution, double hard_from,
                                   ConversionCounts& counts) {
  const auto kept = labeled_steps(solution, counts);
  if (!kept) return std::nullopt;
  if (format == Format::kTrl) return to_trl(solution, *kept, hard_from);
  if (format == Format::kOpenr) return to_openr(solution, *kept);
  if (format != Format::kMathShepherd)
    throw bad_input("rows.write", "solutions cannot be written as {}: trl, math-shepherd, openr and rows can",
                    name_of_enum(format));
  if (holds_mark(solution, *kept)) {
    counts.drop("solution whose text holds Math-Shepherd's mark");
    return std::nullopt;
  }
  Json record = to_math_shepherd(solution, *kept, hard_from);
  if (question_is_clear(solution, record["input"].get_ref<const std::string&>())) return record;
  counts.drop("solution whose first step cannot be told from its question in Math-Shepherd's format");
  return std::nullopt;
}

}  // namespace hrm::rows
