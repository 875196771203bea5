// Measures the error of step labels if the correct judgment is known.
//
// A soft label estimates the value of a state, the chance that the policy ends correctly from there. A hard label says
// good or bad. Against the truth about the state (on track or not) and about the step (valid or not; worlds/judge.h) it
// errs in two ways: a false positive calls good what is bad, a false negative calls bad what is good. With a policy
// that repairs, a state off track has a value above 0, so that no hard label of the kind "any rollout succeeded" can be
// free of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/statistics.h"

namespace hrm::studies {

struct LabeledState {
  uint32_t problem = 0;         // numbered from 0; states of one problem are not independent
  std::optional<double> truth;  // value; nullopt if it is not known: then no part of bias and rmse
  bool on_track = false, valid = false;
  double label = 0;
  bool positive = false;  // the hard label
};

// With 95 % intervals from a bootstrap over problems.
struct LabelErrors {
  uint64_t states = 0, problems = 0;
  Estimate bias;                                        // mean of label - truth
  Estimate rmse;                                        // root of the mean of (label - truth)^2
  Estimate false_positive_state, false_negative_state;  // of the states off track; on track
  Estimate false_positive_step, false_negative_step;    // of the invalid steps; of the valid ones
};

// Same states, same seed, same errors; a rate over nothing is 0 with n = 0.
LabelErrors label_errors(std::span<const LabeledState> states, uint64_t seed = 0, uint64_t draws = 400);

}  // namespace hrm::studies
