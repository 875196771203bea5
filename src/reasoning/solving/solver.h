// Solves puzzles: runs segments until the model halts, keeps the answer of every segment, and checks the last one with
// the rules.
//
// All puzzles run in one batch (solving/continuous.h). The model sees only the tokens of a puzzle: its row of the
// puzzle table is the blank one, 0. Families whose puzzles need their own embedding cannot be solved here.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/backend.h"
#include "puzzles/family.h"
#include "solving/continuous.h"
#include "solving/interpretation.h"
#include "solving/model_file.h"

namespace hrm::solving {

struct SolverOptions {
  int64_t segments = 0;  // at most; 0: the model's halt_max_steps
  bool halting = true;   // off: exactly `segments`
  double halt_margin = 0;
  size_t batch = 64;
  uint64_t seed = 0;  // of initial states, noise and symmetries
  // Maximum number of views of a puzzle: the puzzle itself, then, while the rules reject the answer, random symmetries
  // of it. A value above 1 requires a family with rules and symmetries.
  int64_t views = 1;
  bool participation = false;  // measure the states' participation ratios
  bool probabilities = false;  // keep those of the plain view's answer (solving/completion.h goes by them)
  bool progress = true;        // a bar on standard error
};

// A puzzle after one segment.
struct SolvedSegment {
  puzzles::Tokens answer;
  float q_halt = 0, q_continue = 0;
  float residual_H = 0, residual_L = 0;  // |z_new - z_old| / |z_new| of the last call of each net
  ParticipationRatios participation{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
};

struct SolvedPuzzle {
  puzzles::Tokens question;
  std::vector<SolvedSegment> segments;  // at least one, unless interrupted
  int64_t view = 0;                     // number of the view that `segments` show, mapped back; 0: the puzzle itself
  bool finished = false;                // false: interrupted before its last segment
  bool halted = false;                  // the model asked to halt (it did not just reach the limit)
  // Whether they accept the last answer; the reason names a given that the model changed. If the family has no rules,
  // only the form is checked.
  puzzles::RuleCheck rules;
  std::vector<float> log_probabilities;  // [S,V] of the plain view's last answer; empty but with options.probabilities,
                                         // and where another view was accepted

  const puzzles::Tokens& answer() const { return segments.back().answer; }
  double confidence() const;  // sigmoid(q_halt) of the last segment: the model's own estimate of being right
};

struct SolverResult {
  std::vector<SolvedPuzzle> solutions;      // in the order of the questions
  std::vector<PooledParticipation> pooled;  // with options.participation
  bool complete = true;                     // false: interrupted
};

// The family of puzzles that a model solves: `chosen` (a name, or an object as Family::describe() gives), else the one
// in the model file, else a guess from its sizes. A model of no fixed size is adapted to it. Throws bad_input on an
// unknown family and as check_fit() does.
std::unique_ptr<puzzles::Family> family_of(ModelFile& model, std::string_view chosen, std::string_view source);

// REQUIRES: check_fit() passed and every question has S tokens below V. Ctrl-C ends it between two segments; the caller
// holds the InterruptScope. A puzzle that no view solves keeps the answer to the plain one. Throws bad_input on
// views that the family cannot give.
SolverResult solve(model::Backend& backend, const puzzles::Family& family, std::span<const puzzles::Tokens> questions,
                   const SolverOptions& options);

// docs/solving.md has the schema. NaN becomes null.
Json to_json(const SolvedPuzzle& solution, const puzzles::Family& family);

}  // namespace hrm::solving
