// Solving ARC tasks that the model has not seen (docs/arc.md, "A task of your own").
//
// What to do with an input is told by an embedding, and a new task has none: a blank one scores nothing. So each
// task gets variants (puzzles/arc_map.h) with a fresh row of the puzzle table each, starting at the mean of the trained
// rows. The rows are fitted by sign SGD on the demonstrations of all tasks together, with every other weight frozen;
// then the test inputs of all variants are answered, the answers mapped back, and the votes counted
// (puzzles/arc_votes.h).
//
// Same seed and same numbers of steps and variants, same answers; with a time limit the numbers depend on the clock.
#pragma once

#include <span>
#include <vector>

#include "puzzles/arc_build.h"
#include "puzzles/arc_votes.h"
#include "solving/model_file.h"
#include "solving/train_run.h"

namespace hrm::solving {

struct ArcSolveOptions {
  puzzles::ArcVariantOptions variants{.count = 31};  // of each task, besides itself
  uint64_t fit_steps = 1000;                         // optimizer steps at most
  size_t fit_batch = 16;
  double lr = 0.01, weight_decay = 0.1;  // of the embeddings
  double seconds = 60;                   // for all tasks, of which the fit takes two thirds at most; 0: no limit
  int64_t segments = 0;                  // at most; 0: the model's halt_max_steps
  bool halting = true;
  double halt_margin = 0;
  size_t batch = 64;  // test inputs side by side
  uint64_t seed = 0;
  bool progress = true;
};

// The answer to the task as it is after a segment.
struct ArcSegment {
  puzzles::ArcGrid answer;
  float q_halt = 0;
};

struct ArcTestAnswer {
  std::vector<puzzles::ArcCandidate> candidates;  // best first; the first two are the attempts
  std::vector<ArcSegment> segments;
};

struct ArcSolution {
  size_t variants = 0;  // of the task, with itself
  std::vector<ArcTestAnswer> tests;
};

struct ArcSolveResult {
  std::vector<ArcSolution> solutions;                // in the order of the tasks
  puzzles::ArcScores scores;                         // over tasks whose outputs are known
  Json submission;                                   // {"task": [{"attempt_1": grid, "attempt_2": grid}, ...]}
  uint64_t fit_steps = 0, answered = 0, wanted = 0;  // answered: test inputs of variants
  double first_loss = 0, last_loss = 0;              // mean token loss of the first and last tenth of the fit
  double fit_seconds = 0, answer_seconds = 0;
  int64_t table_rows = 0;
  bool complete = true;  // false: interrupted
};

// The canvas of the model. Throws bad_input if it is no model of ARC grids.
int arc_side_of(const ModelFile& model, std::string_view source);

// Throws bad_input if a task does not fit the model's canvas. Ctrl-C ends it between two steps or segments; the caller
// holds the InterruptScope. REQUIRES: every task has demonstrations with outputs.
ArcSolveResult solve_arc(const ModelFile& model, std::span<const puzzles::ArcTask> tasks,
                         const ArcSolveOptions& options, const BackendFactory& make_backend,
                         const model::BackendOptions& backend);

Json to_json(const ArcSolveResult& result, std::span<const puzzles::ArcTask> tasks);

}  // namespace hrm::solving
