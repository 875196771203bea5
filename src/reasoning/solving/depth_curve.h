// Accuracy by number of segments: one run to the largest depth, measured on the way.
//
// Two curves over the depths n:
//   fixed     the answer after exactly n segments
//   halting   the answer at the model's own halt, or after n segments if it has not halted by then
// They show what depth gains, what halting saves, and which puzzles are solved and lost again.
#pragma once

#include <string>
#include <vector>

#include "base/statistics.h"
#include "puzzles/dataset.h"
#include "solving/evaluator.h"

namespace hrm::solving {

struct DepthScores {
  int64_t segments = 0;     // n
  Estimate fixed, halting;  // exact, over examples with a supervised token
  Estimate used;            // mean number of segments with halting
};

struct DepthBand {
  std::string rating;  // "all" first, then the bands of solving/rating_bands.h
  std::vector<DepthScores> depths;
  uint64_t lost = 0;  // puzzles that are right at a smaller depth and wrong at the largest
};

struct DepthCurve {
  std::vector<DepthBand> bands;
  bool complete = true;  // false: interrupted; there are no bands
  double seconds = 0;
};

// "4,16,64", ascending. Throws bad_input with the entry that is not a number from 1 to 65536 or not larger than the
// last.
std::vector<int64_t> parse_depths(std::string_view text);

// Uses only the options limit, batch, weights, halt_margin, seed and progress. Throws bad_input if the data
// set does not fit the model. Ctrl-C ends it; the caller holds the InterruptScope.
DepthCurve depth_curve(model::Backend& backend, const puzzles::Dataset& dataset, std::span<const int64_t> depths,
                       const EvaluationOptions& options);

Json to_json(const DepthCurve& curve);
std::string to_table(const DepthCurve& curve);
// Exact answers by depth: one curve per rating band and one for all, with its interval.
void save_depth_plot(const std::filesystem::path& path, const DepthCurve& curve);

}  // namespace hrm::solving
