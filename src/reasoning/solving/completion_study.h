// What the model is worth to an exact search: the puzzles of a data set completed with its probabilities, and the same
// search without the model, side by side.
//
//   model    the model's answer where the rules accept it, else the search steered by its probabilities, with runs of the
//            model on reduced puzzles (solving/completion.h)
//   fixed    the same search, the first value of the first of the smallest choices; no model
//   random   the same search, a random value of a random one of the smallest choices; no model
//   plain    the family's own solver, which the data tools use; its guesses are not counted the same way
// Searches of families without choices (mazes) have no guesses, and only their time differs.
#pragma once

#include <string>
#include <vector>

#include "base/statistics.h"
#include "puzzles/dataset.h"
#include "solving/completion.h"

namespace hrm::solving {

// One way to complete, over a set of puzzles.
struct WayScores {
  std::string name;            // as above
  Estimate guesses_to_answer;  // mean
  Estimate guesses;            // mean, until it is proved that there is no second answer
  uint64_t most_guesses = 0;   // of one puzzle, in all
  Estimate milliseconds;       // mean, of the search alone
};

struct StudyBand {
  std::string rating;  // "all" first, then the bands of solving/rating_bands.h
  Estimate by_model;   // share that the model solved by itself
  std::vector<WayScores> ways;
};

struct CompletionStudy {
  int64_t puzzles = 0;      // completed
  CompletionTotals totals;  // of the way "model"
  Estimate stored;          // share whose answer is the stored one, of the puzzles with exactly one solution
  double model_seconds = 0, reduced_seconds = 0;  // first runs of the model; runs on reduced puzzles
  std::vector<StudyBand> bands;
  bool complete = true;  // false: interrupted; nothing else is then of use
};

struct StudyOptions {
  CompletionOptions completion;
  int64_t limit = 0;  // this many examples, spread evenly over the split (number i is floor(i N / limit)); 0: all
};

// Throws bad_input if the data set does not fit the model or its family has no rules. Ctrl-C ends it; the caller holds
// the InterruptScope.
CompletionStudy study_completion(model::Backend& backend, const puzzles::Dataset& dataset, const StudyOptions& options);

Json to_json(const CompletionStudy& study);
std::string to_table(const CompletionStudy& study);

}  // namespace hrm::solving
