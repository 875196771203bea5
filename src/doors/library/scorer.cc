#include "library/scorer.h"

#include <algorithm>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "grading/grade.h"
#include "library/boundary.h"
#include "steps/solution_scores.h"
#include "studies/truth_scorer.h"

using namespace hrm;
using namespace hrm::library;

struct hrm_scorer {
  std::unique_ptr<steps::StepScorer> scorer;
  std::string name;
  std::mutex turn;
};

namespace hrm::library {
namespace {

std::unique_ptr<steps::StepScorer> open(const std::string& path, const hrm_scorer_options& options) {
  if (const auto truth = studies::truth_scorer_settings(path)) return std::make_unique<studies::TruthScorer>(*truth);
  return open_reward_model(path, std::string(text_or(options.device, "cpu")), options.threads);
}

std::vector<std::vector<std::string>> texts_of(const hrm_steps* solutions, size_t count) {
  std::vector<std::vector<std::string>> all;
  if (count > 0) required(solutions, "solutions");
  for (const hrm_steps& solution : std::span(solutions, count)) {
    if (solution.count > 0) required(solution.texts, "texts");
    auto& texts = all.emplace_back();
    for (const char* text : std::span(solution.texts, solution.count)) texts.emplace_back(&required(text, "a step"));
  }
  return all;
}

}  // namespace

#if !HRM_TORCH
std::unique_ptr<steps::StepScorer> open_reward_model(const std::string& path, const std::string&, size_t) {
  throw bad_input(
      "library.scorer",
      "{}: a reward model needs libtorch, and this library was built without: configure with -DHRM_TORCH=ON", path);
}
#endif

}  // namespace hrm::library

hrm_status hrm_scorer_open(const char* path, const hrm_scorer_options* options, hrm_scorer** scorer, char** error) {
  return guarded(error, [&] {
    required(scorer, "scorer");
    required(path, "path");
    auto opened = open(path, options_or(options, HRM_SCORER_OPTIONS, "hrm_scorer_options"));
    std::string name = opened->name();
    *scorer = new hrm_scorer{std::move(opened), std::move(name), {}};
  });
}

void hrm_scorer_close(hrm_scorer* scorer) { delete scorer; }
const char* hrm_scorer_name(const hrm_scorer* scorer) { return scorer ? scorer->name.c_str() : nullptr; }

hrm_status hrm_scorer_score(hrm_scorer* scorer, const char* problem, const hrm_steps* solutions, size_t count,
                            double* scores, char** error) {
  return guarded(error, [&] {
    hrm_scorer& known = required(scorer, "scorer");
    required(problem, "problem");
    const auto texts = texts_of(solutions, count);
    if (count == 0) return;
    if (std::ranges::any_of(texts, [](const auto& steps) { return !steps.empty(); })) required(scores, "scores");
    std::vector<std::vector<double>> found;
    {
      const std::lock_guard turn(known.turn);
      found = steps::score_solutions(*known.scorer, problem, texts);
    }
    for (const std::vector<double>& row : found) scores = std::ranges::copy(row, scores).out;
  });
}

int hrm_grade(const char* given, const char* gold) {
  grading::Verdict verdict = grading::Verdict::kUndecided;
  guarded(nullptr, [&] { verdict = grading::grade(text_or(given), text_or(gold)); });
  switch (verdict) {
    case grading::Verdict::kCorrect:
      return 1;
    case grading::Verdict::kWrong:
      return 0;
    case grading::Verdict::kUndecided:
      break;
  }
  return -1;
}
