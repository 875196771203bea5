// ProcessBench (arXiv 2412.06559): measures whether a scorer finds the first wrong step.
//
// The first step whose score is below the threshold is predicted wrong, none if no score is. `error` is the share of
// solutions with a wrong step of which exactly that step is predicted, `correct` the share of correct solutions in
// which none is, F1 = 2 error correct / (error + correct), 0 where both are 0. A threshold must be fixed on other data;
// the best one on the measured data itself is an upper bound (an oracle's).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "selection/measures.h"
#include "selection/step_scores.h"

namespace hrm::selection {

struct FirstErrorCase {
  int64_t label = -1;                       // the first wrong step from 0, -1: none
  std::vector<std::vector<double>> scores;  // [scorer][step]
};

struct FirstErrorData {
  std::string name;  // of the subset
  std::vector<std::string> scorers;
  std::vector<FirstErrorCase> cases;
  BadLines bad;
};

// Records {"id", "steps", "label"} with their scores. Throws bad_input naming file, line and field.
FirstErrorData read_processbench(const ScoredSource& source);

// -1: none. A score equal to the threshold is not below it.
int64_t first_below(std::span<const double> scores, double threshold);

struct FirstErrorRates {
  double error = 0, correct = 0, f1 = 0;
  uint64_t errors = 0, corrects = 0;  // cases
};
FirstErrorRates first_error_rates(const std::vector<FirstErrorCase>& cases, size_t scorer, double threshold);

// Of the thresholds 0.00, 0.01, ..., 1.00 the one with the best F1, ties to the lowest.
double best_threshold(const std::vector<FirstErrorCase>& cases, size_t scorer);

struct ProcessBenchOptions {
  double threshold = 0.5;
  const FirstErrorData* calibrate = nullptr;  // choose each scorer's threshold here instead
  bool oracle = false;                        // also rows at each subset's own best threshold
  uint64_t draws = 1000, seed = 0;            // bootstrap over solutions, for F1
};
// Keys: scorer, subset, threshold from; also the mean of F1 over subsets if there are several. Throws bad_input if
// calibration and data are not by the same scorers, or calibration lacks solutions with or without a wrong step.
MeasureReport processbench(const std::vector<FirstErrorData>& subsets, const ProcessBenchOptions& options);

}  // namespace hrm::selection
