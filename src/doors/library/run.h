// Some puzzles on their way to their answers, a segment of the batch at a time: what hrm_run holds.
//
// The order of the work is that of a server: a rejected puzzle's next view goes in front of puzzles that have not begun.
// Answers do not depend on it (engine/engine_backend.h), so they are those of solving::solve().
#pragma once

#include <hrm/hrm.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "library/handles.h"
#include "solving/completion.h"
#include "solving/puzzle_run.h"

namespace hrm::library {

class Run {
 public:
  // Throws bad_input on options and puzzles that the model cannot take.
  Run(std::shared_ptr<Model> model, puzzles::Questions questions, const hrm_solve_options& options);

  // One segment, or after the last one the completion. False once all is done; throws Stopped.
  bool advance();
  const std::vector<hrm_segment>& segments() const { return segments_; }  // of the last advance()

  size_t count() const { return questions_.good.size(); }
  // REQUIRES: i < count().
  const hrm_solution& solution(size_t i);
  std::string json(bool steps) const;

 private:
  std::optional<solving::ContinuousBatch::Newcomer> next(std::span<int32_t> tokens);
  void run_segment();
  void take_in(const solving::SegmentEvent& event, size_t slot);
  void complete();

  struct Shown {  // of one puzzle after a segment; the arrays of a hrm_segment
    puzzles::Tokens answer;
    std::vector<float> confidence;
  };

  const std::shared_ptr<Model> model_;
  const puzzles::Questions questions_;
  const hrm_solve_options options_;
  const solving::SolverOptions solver_;
  const solving::ViewPlan plan_;
  solving::ContinuousBatch batch_;
  std::vector<solving::PuzzleRun> runs_;
  std::deque<size_t> waiting_;
  std::vector<Shown> shown_;  // kept apart, so that they stay where they are
  std::vector<hrm_segment> segments_;
  std::vector<solving::SolvedPuzzle> solved_;  // finished is false until it is
  std::vector<solving::Completion> completions_;
  std::vector<hrm_solution> solutions_;
  bool completed_ = false, failed_ = false;
};

}  // namespace hrm::library
