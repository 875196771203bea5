// Measures how well scores separate right steps from wrong ones, and how well they are calibrated.
//
//   auc       chance that a right step scores above a wrong one, ties half
//   accuracy  share of steps called what they are, right being a score of at least the threshold
//   brier     mean of (score - right)^2
//   ece       expected calibration error (Naeini et al. 2015): over 10 bins of equal width, the mean distance of mean
//             score and share of right steps, weighted by the steps in the bin
// Brier and ECE need scores in [0, 1] and are left out elsewhere. Intervals: bootstrap over problems; that of the ECE
// is biased upward as the ECE itself is.
#pragma once

#include "selection/measures.h"
#include "selection/step_truth.h"

namespace hrm::selection {

struct StepMeasureOptions {
  double threshold = 0.5;
  uint64_t draws = 1000, seed = 0;
};

// Key: scorer. Where solutions have domains: scorer and domain, all of them together first ("(all)"), then each domain in
// the order of their names ("(none)": solutions without one); one without a labeled step has no row. With a reliability
// diagram of the scorers in [0, 1], over all domains. Throws bad_input if no step has a known label.
MeasureReport step_measures(const JudgedData& data, const StepMeasureOptions& options);

}  // namespace hrm::selection
