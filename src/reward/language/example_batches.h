// The order of examples, which depends only on their lengths and the seed.
//
// Each epoch shuffles the examples, sorts pools of kPoolBatches batches by length, so that little is padded, cuts
// batches and shuffles these. The last batch may be smaller.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "language/examples.h"

namespace hrm::language {

class ExampleBatches {
 public:
  static constexpr size_t kPoolBatches = 16;

  // REQUIRES: examples are not empty and outlive this; batch_size > 0
  ExampleBatches(std::span<const Example> examples, size_t batch_size, uint64_t seed)
      : examples_(examples), batch_size_(batch_size), seed_(seed) {}

  uint64_t per_epoch() const { return (examples_.size() + batch_size_ - 1) / batch_size_; }
  // Indices of the batch of step 1, 2, ...
  std::span<const size_t> batch(uint64_t step);

 private:
  void begin_epoch(uint64_t epoch);

  std::span<const Example> examples_;
  size_t batch_size_;
  uint64_t seed_, epoch_ = UINT64_MAX;
  std::vector<size_t> order_;
  std::vector<std::pair<size_t, size_t>> bounds_;
};

// Cuts indices, the longest first, into parts of at most `tokens` padded tokens (one example at least); 0: one part.
std::vector<std::vector<size_t>> micro_batches(std::span<const Example> examples, std::span<const size_t> batch,
                                               uint64_t tokens);

}  // namespace hrm::language
