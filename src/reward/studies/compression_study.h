// Measures the error of tree labels, and compares node compression with label noise of the same size, in the arithmetic
// world, where values can be computed.
//
// Of each problem a tree is grown breadth-first as the authors grow theirs: `children` steps at every node, identical
// ones apart, down to `depth`. There a branch without an answer ends as wrong, as for the authors, or (`finish`) is
// carried to its end by one rollout, so that the limit does not bias the labels. Every state but the root that was
// expanded is labeled, in one row per view:
//   leaves      correct leaves / leaves (the authors' Monte-Carlo score), good where at least 1/2
//   policy      mean over the children, recursively
//   beta        Jeffreys mean of the same leaves
//   hard        1 where any leaf is right
//   compressed  `leaves` after node compression: some steps are merged with the step before, some labels have changed
//   noise       `leaves` with the label changes of `compressed` given, with random signs, to as many states drawn at
//               random among those whose ends differ (no others can be changed by compression): what those changes
//               would do by themselves
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "studies/label_errors.h"
#include "worlds/arithmetic.h"
#include "worlds/moves.h"

namespace hrm::studies {

struct CompressionStudyOptions {
  worlds::SlipSettings policy;
  int64_t children = 5, depth = 6;  // each 1 to 8
  bool finish = true;
  uint64_t seed = 0;
  size_t threads = 0;
};

struct CompressionStudyRow {
  std::string view;
  LabelErrors errors;
  double mean_label = 0;
  std::vector<double> histogram;  // share of the labels at 0, in (0, 1/4], (1/4, 1/2], (1/2, 3/4], (3/4, 1), at 1
};

struct CompressionStudy {
  std::string policy;
  int64_t children = 0, depth = 0;
  bool finish = true;
  uint64_t problems = 0, states = 0;
  double tokens_per_state = 0;
  uint64_t merged = 0;          // states whose step compression merged with the step before
  uint64_t merged_repairs = 0;  // of those, the first part breaks and the whole is on track again
  uint64_t changed = 0;         // states whose label compression changed
  double mean_change = 0;       // of their labels, by magnitude
  std::vector<CompressionStudyRow> rows;
};

// Throws bad_input on settings out of range or a problem with too many states. The same for any number of threads.
CompressionStudy study_compression(std::span<const worlds::ArithmeticProblem> problems,
                                   const CompressionStudyOptions& options);

Json to_json(const CompressionStudy& study);
std::string to_markdown(const CompressionStudy& study);

}  // namespace hrm::studies
