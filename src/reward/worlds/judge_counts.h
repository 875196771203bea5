// Solutions of any origin, judged step by step: reads them from JSON, counts them, writes training rows.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/statistics.h"
#include "worlds/solutions.h"

namespace hrm::worlds {

using JudgedSink = std::function<void(const ArithmeticProblem&, const JudgedSolution&)>;

// The solutions of a record: {"question", "steps" | "solution"}, one, or {"question", "candidates": [..]}, each of them
// {"steps" | "solution"}. Throws bad_input with `place` and the candidate.
void judge_record(const Json& record, std::string_view place, const JudgedSink& sink);

// {"id", "question", "answer", "solution": {.., "reasons": ["" | why a step is wrong, ..]}}
Json judged_json(const ArithmeticProblem& problem, const JudgedSolution& solution);

// {"prompt", "completions", "labels"}, a stepwise row of TRL, as `hrm rows` reads it: whether each step ends on track.
Json stepwise_row(const ArithmeticProblem& problem, const JudgedSolution& solution);

class JudgeCounts {
 public:
  struct Line {
    std::string_view name;
    uint64_t part = 0, whole = 0;
    Estimate share() const { return share_of(part, whole); }
  };

  void add(const JudgedSolution& solution);
  uint64_t solutions() const { return solutions_; }
  uint64_t steps() const { return steps_; }
  // Each count with its total: answers and correct answers of all solutions; valid steps and steps that end on track;
  // repairs and breaks of the steps that could be one; then each kind of fault.
  std::vector<Line> lines() const;
  Json to_json() const;

 private:
  static constexpr std::array kFaults = {StepFault::kUnreadable, StepFault::kClaim, StepFault::kRest,
                                         StepFault::kAnswer};
  uint64_t solutions_ = 0, answered_ = 0, correct_ = 0, steps_ = 0, valid_ = 0, on_track_ = 0, repairs_ = 0;
  uint64_t breaks_ = 0, off_track_before_ = 0, valid_off_track_ = 0, invalid_on_track_ = 0;
  std::array<uint64_t, kFaults.size()> faults_{};
};

}  // namespace hrm::worlds
