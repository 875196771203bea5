// ProcessBench (Zheng et al., arXiv 2412.06559): where is the first wrong step of a solution?
//
//   predicted   the first step with a score below the threshold; none: the solution is right
//   error       share of the solutions with an error whose first wrong step was predicted exactly
//   correct     share of the solutions without one of which that was predicted
//   f1          2 error correct / (error + correct), 0 where both are 0
//
// The threshold decides much, so it is fixed on other data; the best one for the data at hand is an upper bound and is
// called so.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/statistics.h"
#include "formats/jsonl.h"

namespace hrm::selection {

struct FirstErrorCase {
  int64_t label = -1;          // 0-based first wrong step; -1: none
  std::vector<double> scores;  // per step
};

struct FirstErrorResult {
  double threshold = 0;
  Estimate error, correct;
  double f1 = 0;
};

FirstErrorResult first_errors(std::span<const FirstErrorCase> cases, double threshold);

// Of 0.00, 0.01, .. 1.00 the threshold with the best f1, the lowest of equals.
double best_threshold(std::span<const FirstErrorCase> cases);

// By bootstrap over solutions, the threshold held.
Interval f1_interval(std::span<const FirstErrorCase> cases, double threshold, uint64_t seed, uint64_t draws = 1000);

struct FirstErrorCases {
  std::map<std::string, std::vector<FirstErrorCase>> by_scorer;  // in the order of the benchmark
  BadLines bad;
};

struct ReadFirstErrors {
  std::filesystem::path benchmark;   // records with `id`, `steps`, `label`
  std::filesystem::path scores;      // docs/formats/step-scores.md; empty: they stand in the benchmark's records
  std::vector<std::string> scorers;  // empty: all that the first record has
  bool skip_bad = false;
};

// Throws bad_input naming file, line and field: a label that is no step, a solution without scores or with a number of
// scores that is not its number of steps, a scorer that a record lacks; unless such records are skipped.
FirstErrorCases read_first_errors(const ReadFirstErrors& options);

}  // namespace hrm::selection
