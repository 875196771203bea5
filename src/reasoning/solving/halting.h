// The halting rules: when does an example stop? (arXiv 2506.21734, section 2, "Adaptive computational time";
// 2510.04871, 4.6)
//
// After segment n the model's Q head asks to halt when
//   q_halt > q_continue + margin    (HRM)        q_halt > margin    (TRM, no_ACT_continue)
// In training margin is 0 and an example halts
//   at n = M_max, or when it asks to and n >= the minimum of this segment, where the minimum is redrawn after every
//   segment: uniform in 2..M_max with probability halt_exploration_prob, else none.
// With M_max = 1 there is nothing to decide and nothing is drawn. At inference it halts at M_max, or when it asks to; a
// positive margin runs longer, a negative one shorter.
#pragma once

#include <cstdint>

#include "base/rng.h"
#include "model/config.h"

namespace hrm::solving {

struct HaltingRule {
  int64_t max_segments = 16;  // M_max
  bool q_halt_alone = false;  // TRM's rule: q_continue is ignored
  double exploration = 0.1;   // training only
  double margin = 0;          // inference only
};

// The rule that a model was trained with.
HaltingRule halting_rule(const model::ArchConfig& arch);

struct QValues {
  float q_halt = 0, q_continue = 0;
};

// Whether the Q head asks to halt at this margin. False for NaN.
bool asks_to_halt(const HaltingRule& rule, const QValues& q);

// segments: done so far, from 1. rng: of this example and segment.
bool halts_in_training(const HaltingRule& rule, int64_t segments, const QValues& q, Rng& rng);

inline bool halts_at_inference(const HaltingRule& rule, int64_t segments, const QValues& q) {
  return segments >= rule.max_segments || asks_to_halt(rule, q);
}

}  // namespace hrm::solving
