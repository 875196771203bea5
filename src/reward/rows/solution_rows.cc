#include "rows/solution_rows.h"

#include <span>

#include "base/utf8.h"
#include "grading/extract.h"
#include "rows/step_text.h"

namespace hrm::rows {
namespace {

std::string join_filled(const std::vector<std::string>& steps) {
  std::string text;
  for (const std::string& step : steps) {
    if (step.empty()) continue;
    if (!text.empty()) text += kBlankLine;
    text += step;
  }
  return text;
}

void outcome_row(const LabeledSolution& solution, const std::vector<std::string>& steps, ConversionCounts& counts,
                 const RowSink& emit) {
  if (!solution.complete) return counts.drop("solution without a final answer");
  if (!solution.outcome) return counts.drop("solution whose outcome is not known");
  const std::string text = join_filled(steps);
  if (text.empty()) return counts.drop("empty solution");
  emit({outcome_prompt(strip(solution.question), text, Mode::kSound), *solution.outcome});
}

}  // namespace

void settle_outcome(LabeledSolution& solution, const grading::GradeOptions& options, ConversionCounts& counts) {
  if (solution.outcome || solution.gold.empty() || !solution.complete) return;
  if (!solution.answer)
    if (auto found = grading::extract_from_solution(join_filled(solution.steps), grading::AnswerFormat::kAuto))
      solution.answer = std::move(found->answer);
  if (!solution.answer) return counts.note("solution in which no answer was found");
  const grading::Verdict verdict = grading::grade(*solution.answer, solution.gold, options);
  if (verdict == grading::Verdict::kUndecided) return counts.note("answer on which the grader is undecided");
  solution.outcome = verdict == grading::Verdict::kCorrect;
}

void sound_rows(const LabeledSolution& solution, Kind kind, ConversionCounts& counts, const RowSink& emit) {
  const std::vector<std::string> steps = tidy_steps(solution.steps);
  if (kind == Kind::kOutcome) return outcome_row(solution, steps, counts, emit);
  const std::string_view question = strip(solution.question);
  std::string previous;    // steps before the current one
  size_t before_last = 0;  // bytes of `previous` without its last step
  std::string_view last;   // that step, within `steps`
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].empty()) {
      if (i >= solution.context) counts.drop("empty step");
      continue;
    }
    if (i >= solution.context && !solution.labels[i]) counts.drop("step without a label");
    if (i >= solution.context && solution.labels[i]) {
      emit({step_prompt(question, previous, steps[i], Mode::kSound), *solution.labels[i]});
      if (kind == Kind::kHierarchical && !last.empty()) {
        const std::string both = std::string(last) + std::string(kBlankLine) + steps[i];
        const std::string_view before = std::string_view(previous).substr(0, before_last);
        emit({step_prompt(question, before, both, Mode::kSound), *solution.labels[i]});
      }
    }
    before_last = previous.size();
    if (!previous.empty()) previous += kBlankLine;
    previous += steps[i];
    last = steps[i];
  }
}

}  // namespace hrm::rows
