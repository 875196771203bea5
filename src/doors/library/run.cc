#include "library/run.h"

#include <cmath>
#include <utility>

#include "base/cancel.h"
#include "library/boundary.h"
#include "solving/solve_json.h"

namespace hrm::library {
namespace {

using solving::PuzzleRun;

constexpr std::string_view kInRun = "library.solve";

solving::SolverOptions solver_options(const hrm_solve_options& options) {
  if (options.batch == 0) throw bad_input(kInRun, "batch 0 is below 1");
  if (options.model_runs < 0) throw bad_input(kInRun, "model_runs {} is below 0", options.model_runs);
  if (!std::isfinite(options.halt_margin)) throw bad_input(kInRun, "halt_margin {} is not finite", options.halt_margin);
  return {.segments = options.segments,
          .halting = options.halting != 0,
          .halt_margin = options.halt_margin,
          .batch = options.batch,
          .seed = options.seed,
          .views = options.views,
          .probabilities = options.complete != 0,
          .progress = false};
}

void check_questions(const puzzles::Questions& questions, const puzzles::Family& family, bool complete) {
  if (family.arc_side())
    throw bad_input(kInRun, "this model solves ARC tasks, which the library does not: use hrm solve");
  if (complete) solving::check_completable(family);
  if (questions.good.empty() && questions.skipped.empty()) throw bad_input(kInRun, "the input contains no puzzle");
}

}  // namespace

Run::Run(std::shared_ptr<Model> model, puzzles::Questions questions, const hrm_solve_options& options)
    : model_(std::move(model)),
      questions_(std::move(questions)),
      options_(options),
      solver_(solver_options(options)),
      plan_(model_->backend->config(), *model_->family.family, solver_),
      batch_(*model_->backend, options.batch),
      shown_(questions_.good.size()),
      solutions_(questions_.good.size()) {
  check_questions(questions_, *model_->family.family, options.complete != 0);
  for (const puzzles::Question& question : questions_.good) {
    waiting_.push_back(runs_.size());
    runs_.emplace_back(plan_, question.tokens);
    solved_.push_back({.question = question.tokens});
  }
}

bool Run::advance() {
  if (failed_) throw failure(kInRun, "an earlier segment failed: begin a new run");
  segments_.clear();
  const std::lock_guard turn(model_->turn);
  if (is_set(options_.stop)) throw Stopped();
  failed_ = true;  // unless what follows comes to its end
  batch_.refill([this](std::span<int32_t> tokens) { return next(tokens); });
  const bool left = batch_.size() > 0;
  if (left) run_segment();
  failed_ = false;
  if (!left && options_.complete != 0 && !completed_) complete();
  return left;
}

std::optional<solving::ContinuousBatch::Newcomer> Run::next(std::span<int32_t> tokens) {
  if (waiting_.empty()) return std::nullopt;
  const size_t puzzle = waiting_.front();
  waiting_.pop_front();
  return runs_[puzzle].load(puzzle, tokens);
}

void Run::run_segment() {
  const bool logits = options_.confidence != 0 || solver_.probabilities;
  const solving::SegmentEvent event = batch_.run_segment({.logits = logits, .residuals = true});
  for (size_t slot = 0; slot < event.examples.size(); ++slot) take_in(event, slot);
}

void Run::take_in(const solving::SegmentEvent& event, size_t slot) {
  const size_t puzzle = event.examples[slot];
  PuzzleRun& run = runs_[puzzle];
  const PuzzleRun::Next next = run.add(event, slot);
  const solving::SolvedSegment& last = run.last();
  Shown& shown = shown_[puzzle];
  shown.answer = last.answer;
  if (options_.confidence != 0) shown.confidence = run.confidence(event, slot);
  segments_.push_back({.puzzle = puzzle,
                       .view = run.view(),
                       .segment = run.segment(),
                       .answer = shown.answer.data(),
                       .confidence = options_.confidence != 0 ? shown.confidence.data() : nullptr,
                       .q_halt = last.q_halt,
                       .q_continue = last.q_continue,
                       .residual_H = last.residual_H,
                       .residual_L = last.residual_L,
                       .last = next == PuzzleRun::Next::kDone});
  if (next == PuzzleRun::Next::kView) waiting_.push_front(puzzle);
  if (next == PuzzleRun::Next::kDone) solved_[puzzle] = run.take();
}

void Run::complete() {
  static const std::atomic<bool> never{false};
  const CancelScope cancel(options_.stop ? options_.stop->set : never);
  solving::CompletionResult result = solving::complete(*model_->backend, *model_->family.family, solved_,
                                                       {.solver = solver_, .model_runs = options_.model_runs});
  completions_ = std::move(result.completions);
  if (!result.complete) throw Stopped();
  completed_ = true;
}

const hrm_solution& Run::solution(size_t i) {
  const solving::SolvedPuzzle& solved = solved_[i];
  hrm_solution& to = solutions_[i];
  to = {.source = questions_.good[i].source.c_str(), .question = solved.question.data(), .accepted = -1};
  to.reason = "";
  if (solved.finished) {
    to.answer = solved.answer().data();
    to.segments = std::ssize(solved.segments);
    to.view = solved.view;
    to.halted = solved.halted;
    if (plan_.family().has_rules()) to.accepted = solved.rules.accepted;
    to.confidence = solved.confidence();
    to.reason = solved.rules.reason.c_str();
  }
  if (completions_.empty()) return to;
  const solving::Completion& completion = completions_[i];
  to.solutions = puzzles::name_of(completion.search.answers).data();
  to.completion_reason = completion.search.reason.c_str();
  if (completion.search.answer.empty()) return to;
  to.completed = completion.search.answer.data();
  to.completed_by = completion.by_model ? "model" : "search";
  return to;
}

std::string Run::json(bool steps) const {
  bool complete = options_.complete == 0 || completed_;
  for (const solving::SolvedPuzzle& solved : solved_) complete = complete && solved.finished;
  return printable(
      solving::solve_json(solved_, questions_, plan_.family(),
                          {.model = model_->path, .complete = complete, .steps = steps, .completions = completions_}));
}

}  // namespace hrm::library

using namespace hrm;
using namespace hrm::library;

struct hrm_run {
  std::unique_ptr<Run> run;
};

hrm_status hrm_run_begin(hrm_model* model, const hrm_puzzles* puzzles, const hrm_solve_options* options, hrm_run** run,
                         char** error) {
  return guarded(error, [&] {
    required(run, "run");
    const std::shared_ptr<Model>& known = required(model, "model").model;
    const hrm_puzzles& given = required(puzzles, "puzzles");
    if (given.family->describe() != known->family.family->describe())
      throw bad_input(kInRun, "the puzzles are {}, but the model solves {}", given.family->describe().dump(),
                      known->family.json);
    *run = new hrm_run{
        std::make_unique<Run>(known, given.questions, options_or(options, HRM_SOLVE_OPTIONS, "hrm_solve_options"))};
  });
}

hrm_status hrm_run_next(hrm_run* run, const hrm_segment** segments, size_t* count, char** error) {
  if (segments) *segments = nullptr;
  if (count) *count = 0;
  return guarded(error, [&] {
    Run& known = *required(run, "run").run;
    if (!known.advance()) return;
    if (segments) *segments = known.segments().data();
    if (count) *count = known.segments().size();
  });
}

void hrm_run_end(hrm_run* run) { delete run; }
size_t hrm_run_count(const hrm_run* run) { return run ? run->run->count() : 0; }
const hrm_solution* hrm_run_solution(const hrm_run* run, size_t i) {
  return run && i < run->run->count() ? &run->run->solution(i) : nullptr;
}

hrm_status hrm_run_json(const hrm_run* run, int steps, char** json, char** error) {
  return guarded(error, [&] {
    required(json, "json");
    *json = copied(required(run, "run").run->json(steps != 0));
  });
}

hrm_status hrm_solve(hrm_model* model, const hrm_puzzles* puzzles, const hrm_solve_options* options,
                     hrm_on_segment on_segment, void* user, hrm_run** run, char** error) {
  hrm_run* begun = nullptr;
  hrm_status status = hrm_run_begin(model, puzzles, options, &begun, error);
  if (status != HRM_OK) return status;
  std::unique_ptr<hrm_run> owner(begun);
  status = guarded(error, [&] {
    required(run, "run");
    while (owner->run->advance())
      for (const hrm_segment& segment : owner->run->segments())
        if (on_segment && on_segment(&segment, user) != 0) throw Stopped();
  });
  if (status == HRM_OK) *run = owner.release();
  return status;
}
