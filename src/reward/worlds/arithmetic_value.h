// The true value of a state: the chance that the scripted policy, continuing from there, ends in the correct answer.
// This is what Monte-Carlo labels estimate.
//
// With moves p(o) from a state to states o, g the last state on track, W the value on track and V that off track:
//
//   W(g)    = sum over o of p(o) [o on track ? W(o) : V(o, g)]
//   V(e, g) = repair W(g) + (1 - repair) sum over o of p(o) [o on track ? W(o) : V(o, g)]
//
// V is linear in W(g): V(e, g) = A(e) + B(e) W(g), where A and B do not depend on g. So W(g) = C / (1 - D), with C and
// D the same sum of constants and coefficients, and all of it is a recursion over ever shorter expressions. A number e
// has W = 1 - answer_slip on track; off track A = (1 - repair) x the chance that a slip of the answer hits the truth.
// Without a limit of steps or tokens: a policy that is cut off does a little worse.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "worlds/judge.h"
#include "worlds/moves.h"

namespace hrm::worlds {

// Values of one problem's states, each computed once. Not for several threads at once.
class TrueValues {
 public:
  // max_states: distinct expressions to look at in all; about 10 (operations 3), 10^3 (4), 10^4 (5), 10^5 (6) per
  // state.
  TrueValues(const Expression& question, const SlipSettings& settings, size_t max_states = 2'000'000);

  // nullopt if max_states do not suffice. After an answer: 1 or 0.
  std::optional<double> success(const Walk& walk);

  size_t states() const { return known_.size(); }

 private:
  // Value = constant + factor x value of the last state on track; on track factor is 0.
  struct Line {
    double constant = 0, factor = 0;
  };
  Line line_of(const Expression& state);
  Line sum_over_moves(const Expression& state);

  int64_t gold_;
  SlipSettings settings_;
  size_t max_states_;
  bool exhausted_ = false;
  std::unordered_map<std::string, Line> known_;
};

}  // namespace hrm::worlds
