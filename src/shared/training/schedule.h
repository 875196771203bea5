// The learning rate and the rate of the weights' average as functions of the step i = 1..total of a run.
//
// Learning rate factor f (every learning rate is its base times f), with w warm-up steps and n steps in all:
//   i < w     f = i / w                                                        (linear warm-up)
//   i >= w    f = r + (1 - r) (1 + cos(pi (i - w) / (n - w))) / 2              (cosine from 1 to r = min_ratio)
// Beyond n it stays at r. With r = 1 the rate is constant after the warm-up.
//
// Rate of the moving average of the weights (average <- rate_i average + (1 - rate_i) weights):
//   rate_i = min(rate, (1 + i) / (ramp + i))
// The average then covers about i / (ramp - 1) steps while the run is young, instead of lagging 1 / (1 - rate) steps
// behind from the start. ramp = 0 keeps the rate constant, as the authors do.
#pragma once

#include <cstdint>

namespace hrm::training {

struct LearningRateSchedule {
  uint64_t warmup_steps = 0;
  uint64_t total_steps = 0;
  double min_ratio = 1;
};

// step: from 1.
double learning_rate_factor(const LearningRateSchedule& schedule, uint64_t step);

double average_rate(double rate, double ramp, uint64_t step);

// A share that falls linearly from `start` at the first step to 0 at step until_share * total_steps, and stays there.
double linear_decay(double start, double until_share, uint64_t total_steps, uint64_t step);

}  // namespace hrm::training
