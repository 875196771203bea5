// The run of one puzzle: the segments of its views, until the rules accept an answer or no view is left. solve() runs
// many of them in a batch; a server runs them in its own ContinuousBatch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "model/backend.h"
#include "puzzles/family.h"
#include "solving/continuous.h"
#include "solving/solver.h"

namespace hrm::solving {

// Shared by the puzzles of one request. Immutable, any thread.
class ViewPlan {
 public:
  // Configuration and family must outlive it. Throws bad_input for segments < 0 and for views that the family does not
  // have.
  ViewPlan(const model::ModelConfig& config, const puzzles::Family& family, const SolverOptions& options);

  const model::ModelConfig& config() const { return config_; }
  const puzzles::Family& family() const { return family_; }
  const SolverOptions& options() const { return options_; }
  const HaltingRule& rule() const { return rule_; }
  void apply(int64_t view, std::span<int32_t> tokens) const;  // view 0: the unchanged puzzle
  void undo(int64_t view, std::span<int32_t> grid) const;

 private:
  uint64_t map_of(int64_t view) const;

  const model::ModelConfig& config_;
  const puzzles::Family& family_;
  SolverOptions options_;
  HaltingRule rule_;
  std::unique_ptr<puzzles::Augmenter> maps_;  // null: one view
};

class PuzzleRun {
 public:
  // The plan must outlive it. REQUIRES: check_fit() passed.
  PuzzleRun(const ViewPlan& plan, puzzles::Tokens question);

  // The running view as an example of a batch; `example` is the caller's number for it.
  ContinuousBatch::Newcomer load(size_t example, std::span<int32_t> tokens) const;

  enum class Next { kSegment, kView, kDone };
  // Takes the result of slot `slot` of the batch. kView: the example is finished, load the next view. ratios: of the
  // slot's states, if measured.
  Next add(const SegmentEvent& batch, size_t slot, const ParticipationRatios* ratios = nullptr);

  int64_t view() const { return last_view_; }          // of the last segment
  const SolvedSegment& last() const { return last_; }  // mapped back to the unchanged puzzle
  std::vector<int32_t> changed() const;                // cells of last() that differ from the previous segment
  // Probability of each answered token under the model's own output function (its loss), [S], mapped back.
  // REQUIRES: the batch was run with logits.
  std::vector<float> confidence(const SegmentEvent& batch, size_t slot) const;
  int64_t segment() const { return segment_; }          // of that view, from 1
  const SolvedPuzzle& result() const { return done_; }  // after kDone
  // The result. Before kDone: the plain view, as far as it has run.
  SolvedPuzzle take() { return std::move(done_.finished ? done_ : running_); }

 private:
  const ViewPlan& plan_;
  SolvedPuzzle running_;  // the running view
  SolvedPuzzle done_;     // the plain view's, or an accepted one
  SolvedSegment last_;
  puzzles::Tokens before_;
  int64_t segment_ = 0, last_view_ = 0;
};

}  // namespace hrm::solving
