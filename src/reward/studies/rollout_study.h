// Measures the error of Monte-Carlo labels of k rollouts in the arithmetic world, where values can be computed.
//
// From sampled solutions of each problem, every state but the answered ones gets max(k) rollouts; the labels of k use
// the first k of them:
//   soft  c / k; good where at least 1/2
//   beta  (c + 1/2) / (k + 1), the mean of the Jeffreys posterior; good where at least 1/2
//   hard  1 where c > 0, else 0 (Math-Shepherd); its cost stops at the first success
// Beside them `value`, the computed value itself: what infinitely many rollouts would give.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "studies/label_errors.h"
#include "worlds/arithmetic.h"
#include "worlds/moves.h"

namespace hrm::studies {

struct RolloutStudyOptions {
  worlds::SlipSettings policy;
  std::vector<int64_t> rollouts = {1, 2, 4, 8, 16, 32};  // each at least 1
  int64_t solutions = 4;                                 // of each problem
  uint64_t seed = 0;
  size_t threads = 0;
};

struct RolloutStudyRow {
  std::string label;     // soft, beta, hard, value
  int64_t rollouts = 0;  // 0: value
  LabelErrors errors;
  double rollouts_per_state = 0, tokens_per_state = 0;  // spent
};

struct RolloutStudy {
  std::string policy;
  uint64_t problems = 0, states = 0;
  std::vector<RolloutStudyRow> rows;
};

// Throws bad_input if a problem has too many states for exact values. The same for any number of threads.
RolloutStudy study_rollouts(std::span<const worlds::ArithmeticProblem> problems, const RolloutStudyOptions& options);

Json to_json(const RolloutStudy& study);
std::string to_markdown(const RolloutStudy& study);
// README.md, study.json, rmse.svg and hard.svg (errors of hard labels) in the folder.
void write_study(const RolloutStudy& study, const std::filesystem::path& folder);

}  // namespace hrm::studies
