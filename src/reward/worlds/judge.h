// Judges steps of the arithmetic world (worlds/arithmetic.h) by evaluation.
//
// The state after a step is the expression that remains. It is *on track* when its value is that
// of the question: continued without a slip it ends in the correct answer. A step is *valid* when what it says is true
// given what stood before it: the claim's two sides are equal, and what remains is worth as much as the state before
// the step; for a correction, as much as some earlier state (the question is one). An answer is valid when it is worth
// the state before it. So a step can be valid in a state that is off track, and an invalid one can leave it on track
// (two slips that cancel). A step *repairs* when the state was off track before it and is on track after it; *breaks*
// the reverse. A line that cannot be read is invalid and leaves the state as it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worlds/expression.h"

namespace hrm::worlds {

enum class StepFault {
  kNone,
  kUnreadable,  // a line that is not a step of this world
  kClaim,       // its claim is false
  kRest,        // what remains is worth something else
  kAnswer,      // the answer is not worth the state
};
std::string_view name_of(StepFault fault);  // "none", "unreadable", "claim", "rest", "answer"

struct StepTruth {
  bool valid = false, on_track = false, repairs = false, breaks = false;
  bool correction = false, terminal = false;  // it takes back; an answer has been given
  StepFault fault = StepFault::kNone;         // of the first faulty line
  std::string reason;                         // for people; empty without a fault
};

// Reads a solution step by step. A step may hold several lines; it is valid when all of them are. Any bytes; never
// throws. A copy is a snapshot: nodes of a tree continue from their parent's.
class Walk {
 public:
  explicit Walk(const Expression& question);

  StepTruth take(std::string_view step);

  const Expression& state() const { return state_; }          // what remains
  const Expression& last_on_track() const { return sound_; }  // the latest state that was on track
  bool on_track() const { return answer_ ? *answer_ == gold_ : state_.value() == gold_; }
  std::optional<int64_t> answer() const { return answer_; }
  int64_t gold() const { return gold_; }
  int64_t steps() const { return steps_; }       // lines read as steps, answers not counted
  bool announced() const { return announced_; }  // the text ends with the heading of a step still to come

 private:
  void take_line(std::string_view line, StepTruth& truth);
  void take_move(std::string_view line, StepTruth& truth);
  void take_answer(std::string_view number, StepTruth& truth);

  Expression state_, sound_;
  int64_t gold_, steps_ = 0;
  std::vector<int64_t> values_;  // of the states so far
  std::optional<int64_t> answer_;
  bool announced_ = false, answer_follows_ = false;
};

struct SolutionTruth {
  std::vector<StepTruth> steps;
  bool answered = false, correct = false;
};

// REQUIRES: question as find_question() finds it (throws bad_input if it does not).
SolutionTruth judge(std::string_view question, const std::vector<std::string_view>& steps);

}  // namespace hrm::worlds
