// Guaranteed answers: an exact search completes the puzzles that the model leaves open or gets wrong.
//
// The search (puzzles/guided_search.h) decides every puzzle whatever the model says; the model's probabilities of each
// cell decide what it tries first. Meanwhile the model runs again on the *reduced* puzzle, the question with all cells
// that the search has filled, at most `model_runs` times per puzzle. The reduced puzzles of all searches share a batch.
// Reports separate what the model solved by itself from what the search completed.
#pragma once

#include <span>
#include <vector>

#include "base/json.h"
#include "model/backend.h"
#include "puzzles/guided_search.h"
#include "solving/solver.h"

namespace hrm::solving {

struct CompletionOptions {
  SolverOptions solver;  // how the model runs on reduced puzzles: segments, halting, batch, seed
  puzzles::GuessOrder order = puzzles::GuessOrder::kGuide;  // the others use no model
  int64_t model_runs = 1;                                   // maximum runs of the model on reduced puzzles, per puzzle
};

struct Completion {
  bool by_model = false;         // the rules accept the model's own answer
  puzzles::SearchReport search;  // its answer is the model's if by_model
  double milliseconds = 0;       // of the search, without the model's runs
};

struct CompletionResult {
  std::vector<Completion> completions;  // in the order of the puzzles
  double model_seconds = 0;             // of the runs on reduced puzzles, all puzzles together
  bool complete = true;                 // false: interrupted; undecided puzzles have Answers::kUndecided
};

// Throws bad_input if the family has no rules, because nothing then decides which answers are right.
void check_completable(const puzzles::Family& family);

// solved: as solve() returns them with options.probabilities. Ctrl-C ends it; the caller holds the InterruptScope.
CompletionResult complete(model::Backend& backend, const puzzles::Family& family, std::span<const SolvedPuzzle> solved,
                          const CompletionOptions& options);

// How many puzzles of each kind; the first four add up to all of them.
struct CompletionTotals {
  size_t by_model = 0, by_search = 0, none = 0, undecided = 0;
  size_t several = 0;  // of the first two
  uint64_t guesses = 0, model_runs = 0;
  double milliseconds = 0;  // guesses to the answers, runs on reduced puzzles, time of the search: sums
};
CompletionTotals totals_of(std::span<const Completion> completions);
std::string in_words(const CompletionTotals& totals);

// docs/solving.md has the schema.
Json to_json(const Completion& completion, const puzzles::Family& family);
// "completed by search with 3 guesses, 1 taken back, 2 more runs of the model; the only solution".
std::string in_words(const Completion& completion);

}  // namespace hrm::solving
