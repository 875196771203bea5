#include "solving/halting.h"

namespace hrm::solving {
namespace {

bool exceeds(const HaltingRule& rule, const QValues& q, double margin) {
  return double{q.q_halt} > (rule.q_halt_alone ? 0.0 : double{q.q_continue}) + margin;
}

}  // namespace

HaltingRule halting_rule(const model::ArchConfig& arch) {
  return {.max_segments = arch.halt_max_steps,
          .q_halt_alone = arch.no_ACT_continue,
          .exploration = arch.halt_exploration_prob};
}

bool asks_to_halt(const HaltingRule& rule, const QValues& q) { return exceeds(rule, q, rule.margin); }

bool halts_in_training(const HaltingRule& rule, int64_t segments, const QValues& q, Rng& rng) {
  if (segments >= rule.max_segments) return true;
  int64_t least = 0;
  // Drawn before looking at the Q values, so that the stream does not depend on the weights.
  if (rng.chance(rule.exploration))
    least = 2 + static_cast<int64_t>(rng.below(static_cast<uint64_t>(rule.max_segments - 1)));
  return segments >= least && exceeds(rule, q, 0);
}

}  // namespace hrm::solving
