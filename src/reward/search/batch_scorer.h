// A step scorer that many searches share, one at a time; it records the cost of each.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "steps/step_scorer.h"

namespace hrm::search {

class BatchScorer {
 public:
  explicit BatchScorer(steps::StepScorer& scorer) : scorer_(scorer) {}

  struct Scored {
    std::vector<double> scores;
    int64_t tokens = 0;
    double seconds = 0;  // without waiting for its turn
  };
  // From any number of threads. Throws what the scorer throws.
  Scored score(const steps::Tree& tree, std::span<const int32_t> nodes);
  std::string name() const { return scorer_.name(); }

 private:
  steps::StepScorer& scorer_;
  std::mutex mutex_;
};

}  // namespace hrm::search
