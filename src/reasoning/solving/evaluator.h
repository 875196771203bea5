// Measures a model on a data set: exact answers, cells, the puzzles' rules, the calibration of Q, segments used.
//
// Every example runs until the model halts by its training rule (solving/halting.h) or has used `segments` segments.
// Finished examples leave the batch at once and others take their places (solving/continuous.h). `segments` 16 with
// halting off is the authors' fixed-depth evaluation.
//
// What is counted; the first three over examples with at least one supervised token, the others over all:
//   exact     all supervised tokens right
//   cells     mean over examples of the share of supervised tokens that are right
//   q_halt    (q_halt >= 0) == exact, at the example's last segment
//   rules     the family's rules accept the answer (for mazes: valid and optimal); needs no stored solution
//   segments  mean number used
// Shares of examples have Wilson's 95 % interval; means (cells, segments) the normal one over examples, because the
// cells of one puzzle are not independent.
//
// Four results are never mixed: one pass at training depth, a fixed larger depth, self-selection among K views
// (breadth), and selection by the rules; Evaluation::protocol and Evaluation::selected name them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/statistics.h"
#include "model/backend.h"
#include "puzzles/dataset.h"
#include "training/collective.h"

namespace hrm::solving {

struct EvaluationOptions {
  int64_t segments = 0;    // at most, per example; 0: the model's halt_max_steps
  bool halting = true;     // off: every example runs exactly `segments`
  double halt_margin = 0;  // added to the threshold of the halting rule: larger halts later
  size_t batch = 256;      // examples side by side; never changes a result on an engine whose rows are independent
  int64_t limit = 0;       // this many examples, spread evenly over the split (number i is floor(i N / limit)); 0: all
  model::WeightSet weights = model::WeightSet::kLive;
  int64_t views = 1;  // K runs per example that differ in their random numbers or symmetry; the first is plain
  // Show views after the first a random symmetry of the puzzle. Unset: if the model draws no random numbers.
  std::optional<bool> symmetries;
  // More views only for examples whose answers the rules have rejected so far. Only the rules' choice is then reported,
  // because the others need all views.
  bool until_accepted = false;
  uint64_t seed = 0;  // of initial states and noise, where the model draws them
  bool keep_answers = false;
  bool blank_identifiers = false;  // every puzzle has the blank row of the puzzle table: what is known without it
  // Called with each answer of the first view, in the order in which they are finished. May be empty.
  std::function<void(int64_t example, std::span<const int32_t> answer, float q_halt)> on_answer;
  bool progress = true;  // a bar on standard error
  // Null: this process alone. Of several, each runs a share of the examples, and all get the results of all, with the
  // bits of one process where rows are independent. on_answer is called in process 0, in the order of the examples.
  training::Collective* processes = nullptr;
};

// Examples with a supervised token by two answers: is the model's answer right, and does it say so (q_halt >= 0) at its
// last segment?
struct Confusion {
  uint64_t right_sure = 0, right_unsure = 0, wrong_unsure = 0, wrong_sure = 0;
};

struct Scores {
  Estimate exact, cells, q_halt, rules, segments;
  Confusion confusion;
};

// One way to pick an answer among K views.
struct Selection {
  std::string name;       // of solving/views.h
  bool by_rules = false;  // the puzzle's rules chose, not the model
  Estimate exact, rules;
};
std::string label(const Selection& selection);  // "rules (verifier)", or the selector, for tables and plots

// What the ways to pick give with only the first so many views.
struct ViewScores {
  int64_t views = 1;
  std::vector<Selection> selected;
};

struct RatingBand {
  std::string name;  // "0", "1-9", "10-99", ..., "unknown"
  Scores scores;
  std::vector<Selection> selected;  // as Evaluation::selected
};

struct Evaluation {
  std::string protocol;              // "training_depth": halt_max_steps at most; "larger_depth", "smaller_depth"
  std::string rule_name;             // Family::rule_metric(), else "rules_accepted"; empty: the family has no rules
  Scores all;                        // of the first view
  std::vector<RatingBand> bands;     // easiest first; empty if no example has a rating
  std::vector<Selection> selected;   // empty unless views > 1
  std::vector<ViewScores> by_views;  // 1, 2, 4, ... and all views; empty unless views > 1
  int64_t segments = 0, views = 1;
  double segments_spent = 0;  // mean per example over all its views
  bool halting = true;
  bool complete = true;  // false: interrupted; the scores are of the examples before the first unfinished one
  int64_t wanted = 0;    // examples that were to be evaluated
  double seconds = 0;
  std::vector<int32_t> answers;  // [n,S] of the first view in the order of evaluation, with keep_answers
};

// Throws bad_input if the data set does not fit the model (length, vocabulary, puzzle identifiers), and if several
// views would all be the same (no random numbers in the model and no symmetries in the family). Ctrl-C (base/signals.h)
// ends it between two segments; the caller holds the InterruptScope.
Evaluation evaluate(model::Backend& backend, const puzzles::Dataset& dataset, const EvaluationOptions& options);

Json to_json(const Evaluation& evaluation);
std::string to_table(const Evaluation& evaluation);  // lines of text for people

}  // namespace hrm::solving
