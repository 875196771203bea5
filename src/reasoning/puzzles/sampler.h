// The stream of training examples, as the authors' loader orders it, seeded and resumable.
//
// For each stretch of `epochs_per_stretch` epochs: that many fresh shuffles of the groups are concatenated into one
// stream; from each group one puzzle is drawn uniformly and its examples are taken without replacement until the batch
// is full (those that do not fit are skipped); batches run across epoch borders and only the stretch's last partial
// batch is dropped.
#pragma once

#include <cstdint>
#include <vector>

#include "base/json.h"
#include "puzzles/dataset.h"

namespace hrm::puzzles {

struct ExampleRef {
  int64_t example = 0;
  int32_t identifier = 0;  // embedding row of its puzzle
  uint64_t seed = 0;       // of everything random about this draw: augmentation on the fly, noise; never 0
};

struct SamplerOptions {
  uint64_t batch = 1;
  uint64_t epochs_per_stretch = 1;
  uint64_t seed = 0;
};

class Sampler {
 public:
  // REQUIRES: the data set outlives the sampler. Throws bad_input if a stretch is shorter than one batch.
  Sampler(const Dataset& dataset, const SamplerOptions& options);

  // The next `batch` examples; starts the next stretch when this one is used up. Never ends.
  std::vector<ExampleRef> next();

  // floor(epochs * total_groups * mean_puzzle_examples / batch): the schedule's length.
  static uint64_t total_steps(const DatasetMetadata& metadata, uint64_t epochs, uint64_t batch);

  // Position in the stream, O(1) in size; every draw depends only on the seed and the position. set_state throws
  // bad_input on a state of another data set, batch, stretch or seed.
  Json state() const;
  void set_state(const Json& state);

 private:
  // One batch from the current position, shorter where the stretch ends.
  std::vector<ExampleRef> deal();
  int64_t group_at(uint64_t position);

  const Dataset& dataset_;
  SamplerOptions options_;
  uint64_t stretch_ = 0, position_ = 0;  // position: groups of the stretch already used
  std::vector<int64_t> order_;           // shuffle of the groups of one epoch
  uint64_t order_of_ = UINT64_MAX;       // that epoch, counted over all stretches
};

}  // namespace hrm::puzzles
