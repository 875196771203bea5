#include "worlds/arithmetic_value.h"

#include <cstdlib>

namespace hrm::worlds {

TrueValues::TrueValues(const Expression& question, const SlipSettings& settings, size_t max_states)
    : gold_(question.value()), settings_(settings), max_states_(max_states) {
  settings_.validate();
}

std::optional<double> TrueValues::success(const Walk& walk) {
  if (walk.answer()) return walk.on_track() ? 1 : 0;
  const double sound = line_of(walk.last_on_track()).constant;
  double value = sound;
  // An announced correction of a number comes with certainty (arithmetic_policy.h).
  if (!walk.on_track() && !(walk.announced() && walk.state().is_number())) {
    const Line line = line_of(walk.state());
    value = line.constant + line.factor * sound;
  } else if (walk.on_track()) {
    value = line_of(walk.state()).constant;
  }
  if (exhausted_) return std::nullopt;
  return value;
}

TrueValues::Line TrueValues::line_of(const Expression& state) {
  const bool on_track = state.value() == gold_;
  if (state.is_number()) {
    const double slip = answer_slip(settings_);
    if (on_track) return {1 - slip, 0};
    const bool near = std::llabs(state.value() - gold_) == 1;
    return {(1 - settings_.repair) * (near ? slip / 2 : 0), settings_.repair};
  }
  const std::string text = state.text();
  if (const auto at = known_.find(text); at != known_.end()) return at->second;
  if (exhausted_ || known_.size() >= max_states_) {
    exhausted_ = true;
    return {};
  }
  const Line sum = sum_over_moves(state);
  const Line line =
      on_track ? Line{sum.constant / (1 - sum.factor), 0}
               : Line{(1 - settings_.repair) * sum.constant, settings_.repair + (1 - settings_.repair) * sum.factor};
  known_[text] = line;
  return line;
}

TrueValues::Line TrueValues::sum_over_moves(const Expression& state) {
  Line sum;
  for (const Move& move : moves_from(state, settings_)) {
    const Line next = line_of(next_state(state, move));
    sum.constant += move.probability * next.constant;
    sum.factor += move.probability * next.factor;
  }
  return sum;
}

}  // namespace hrm::worlds
