#include "solving/completion.h"

#include <chrono>

#include "base/clock.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "solving/probabilities.h"

namespace hrm::solving {
namespace {

using puzzles::Answers;
using puzzles::GuidedSearch;
using Clock = std::chrono::steady_clock;

class CompletionRun {
 public:
  CompletionRun(model::Backend& backend, const puzzles::Family& family, const CompletionOptions& options)
      : backend_(backend), family_(family), options_(options) {}

  void add(const SolvedPuzzle& solved) {
    Completion& completion = result.completions.emplace_back();
    auto& search = searches_.emplace_back();
    if (!solved.finished) {  // interrupted before
      result.complete = false;
      return;
    }
    completion.by_model = solved.rules.accepted;
    search =
        family_.guided_search(solved.question, {.order = options_.order,
                                                .guides = options_.model_runs,
                                                .seed = options_.solver.seed,
                                                .known = completion.by_model ? solved.answer() : puzzles::Tokens()});
    if (!solved.log_probabilities.empty()) search->guide(solved.log_probabilities);
    running_.push_back(searches_.size() - 1);
  }

  // Runs every search until it needs the model. Those that need it stay in running_.
  void advance(Progress& progress) {
    std::vector<size_t> waiting;
    for (const size_t i : running_) {
      const auto begin = Clock::now();
      const GuidedSearch::State state = searches_[i]->advance();
      result.completions[i].milliseconds += 1e3 * seconds_since(begin);
      if (state == GuidedSearch::State::kStopped) result.complete = false;
      if (state == GuidedSearch::State::kWantsGuide)
        waiting.push_back(i);
      else
        progress.update(++done_);
      result.completions[i].search = searches_[i]->report();
    }
    running_ = std::move(waiting);
  }

  bool waiting() const { return !running_.empty(); }

  // The model on all reduced puzzles that searches wait for. False if Ctrl-C ended it.
  bool run_model() {
    const auto begin = Clock::now();
    const bool whole = run_examples(
        backend_, running_.size(),
        [&](size_t place, std::span<int32_t> tokens) -> ExampleHeader {
          std::ranges::copy(searches_[running_[place]]->reduced(), tokens.begin());
          return {.seed = options_.solver.seed};
        },
        {.segments = options_.solver.segments,
         .halting = options_.solver.halting,
         .halt_margin = options_.solver.halt_margin,
         .batch = options_.solver.batch,
         .logits = true},
        [&](const SegmentEvent& event) {
          for (size_t slot = 0; slot < event.examples.size(); ++slot)
            if (event.finished[slot])
              searches_[running_[event.examples[slot]]]->guide(
                  log_probabilities_of(backend_.config(), event.output.logits, slot, family_));
        });
    result.model_seconds += seconds_since(begin);
    return whole;
  }

  CompletionResult result;

 private:
  model::Backend& backend_;
  const puzzles::Family& family_;
  const CompletionOptions& options_;
  std::vector<std::unique_ptr<GuidedSearch>> searches_;  // null: was not solved to its end
  std::vector<size_t> running_;
  uint64_t done_ = 0;
};

std::string solutions_in_words(const Completion& completion) {
  const std::string_view own = completion.by_model ? "the model's answer is one of them" : "this is one of them";
  switch (completion.search.answers) {
    case Answers::kOne:
      return "the only solution";
    case Answers::kSeveral:
      return fmt::format("{}; {}", completion.search.reason, own);
    case Answers::kSome:
      return "";
    case Answers::kNone:
      return completion.search.reason;
    case Answers::kUndecided:
      return "interrupted";
  }
  return "";
}

std::string number_of(uint64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

}  // namespace

void check_completable(const puzzles::Family& family) {
  if (family.has_rules()) return;
  throw bad_input("solving.complete", "{}: these puzzles have no rules for a search; leave out --complete",
                  family.describe().dump());
}

CompletionResult complete(model::Backend& backend, const puzzles::Family& family, std::span<const SolvedPuzzle> solved,
                          const CompletionOptions& options) {
  check_completable(family);
  CompletionRun run(backend, family, options);
  for (const SolvedPuzzle& puzzle : solved) run.add(puzzle);
  Progress progress("completing", solved.size(), {.unit = "puzzles", .enabled = options.solver.progress});
  for (run.advance(progress); run.waiting() && run.result.complete; run.advance(progress))
    run.result.complete = run.run_model();
  return std::move(run.result);
}

Json to_json(const Completion& completion, const puzzles::Family& family) {
  const puzzles::SearchReport& search = completion.search;
  const bool found = !completion.search.answer.empty();
  return {{"by", !found                ? Json()
                 : completion.by_model ? "model"
                                       : "search"},
          {"solutions", puzzles::name_of(search.answers)},
          {"answer", found ? Json(family.to_line(completion.search.answer)) : Json()},
          {"reason", search.reason},
          {"guesses", search.guesses},
          {"guesses_to_answer", search.guesses_to_answer},
          {"guesses_taken_back", search.wrong_guesses},
          {"model_runs", search.guides},
          {"milliseconds", completion.milliseconds}};
}

CompletionTotals totals_of(std::span<const Completion> completions) {
  CompletionTotals totals;
  for (const Completion& completion : completions) {
    const puzzles::SearchReport& search = completion.search;
    const bool undecided = search.answers == Answers::kUndecided;
    (undecided               ? totals.undecided
     : search.answer.empty() ? totals.none
     : completion.by_model   ? totals.by_model
                             : totals.by_search) += 1;
    totals.several += search.answers == Answers::kSeveral;
    totals.guesses += search.guesses_to_answer;
    totals.model_runs += static_cast<uint64_t>(search.guides);
    totals.milliseconds += completion.milliseconds;
  }
  return totals;
}

std::string in_words(const CompletionTotals& totals) {
  std::string text = fmt::format("{} solved by the model, {} completed by search, {} without a solution",
                                 totals.by_model, totals.by_search, totals.none);
  if (totals.undecided > 0) text += fmt::format(", {} undecided", totals.undecided);
  return text + fmt::format("; {} with several solutions\n{} to the answers, {} of the model, {:.0f} ms of search",
                            totals.several, number_of(totals.guesses, "guess", "guesses"),
                            number_of(totals.model_runs, "more run", "more runs"), totals.milliseconds);
}

std::string in_words(const Completion& completion) {
  const puzzles::SearchReport& search = completion.search;
  std::string text = completion.by_model                ? "solved by the model"
                     : completion.search.answer.empty() ? "not completed"
                                                        : "completed by search";
  if (!completion.by_model && search.guesses_to_answer > 0)
    text += fmt::format(" with {}, {} taken back", number_of(search.guesses_to_answer, "guess", "guesses"),
                        search.wrong_guesses);
  if (search.guides > 0)
    text += fmt::format(", {} of the model", number_of(static_cast<uint64_t>(search.guides), "more run", "more runs"));
  const std::string solutions = solutions_in_words(completion);
  return solutions.empty() ? text : text + "; " + solutions;
}

}  // namespace hrm::solving
