// PRMBench (arXiv 2501.03124): measures which steps of processes with planted errors a scorer calls right.
//
// Positive is a right step; a step is called right where its score is at least the threshold. PRM-score = 0.5 F1 +
// 0.5 negative F1, where the negative F1 takes wrong steps as the positives, per category over all of its steps and
// overall over all steps; groups (simplicity, soundness, sensitivity) are the plain mean of their categories. A
// category without wrong steps (multi_solutions) has an F1 but no PRM-score and no part in the group's mean.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "selection/measures.h"
#include "selection/step_scores.h"

namespace hrm::selection {

struct StepCounts {
  uint64_t tp = 0, fp = 0, tn = 0, fn = 0;  // p: called right; t: truly so
  StepCounts& operator+=(const StepCounts& other);
};
double f1_of(const StepCounts& counts);           // of right steps; 0 if there are none
double negative_f1_of(const StepCounts& counts);  // of wrong steps; 0 if there are none
double prm_score(const StepCounts& counts);

struct PrmBenchCase {
  std::string category, question;           // idx without the category: cases of one question are not independent
  std::vector<uint8_t> right;               // by step
  std::vector<std::vector<double>> scores;  // [scorer][step]
};
struct PrmBenchData {
  std::vector<std::string> scorers;
  std::vector<PrmBenchCase> cases;
  uint64_t repeats = 0;   // records of a key seen before: the first counts
  uint64_t past_end = 0;  // records whose error_steps name a step past the end, which matches none
  BadLines bad;
};

// Records {"classification", "idx", "modified_process", "error_steps" (from 1)} with scores under the id
// "<classification>_<idx>". Throws bad_input naming file, line and field. source.id_of is set here.
PrmBenchData read_prmbench(ScoredSource source);

struct PrmBenchOptions {
  double threshold = 0.5;
  uint64_t draws = 1000, seed = 0;  // bootstrap over questions
};
MeasureReport prmbench(const PrmBenchData& data, const PrmBenchOptions& options);

}  // namespace hrm::selection
