// Continuous batching: many examples in one batch, each for as many segments as it needs.
//
// A slot of the batch holds one example and its carry. After every segment the examples that halted (the model's own
// rule, or the limit) leave; the next ones of the queue take their slots with a fresh carry, and once the queue is
// empty the batch is compacted (Backend::select), so that no arithmetic is spent on finished examples.
//
// An example's random numbers come from its own seed and its segment, never from the slot, so its results are those of
// a run alone, as far as the backend's rows are independent of each other.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "model/backend.h"

namespace hrm::solving {

struct RunOptions {
  int64_t segments = 0;    // at most, per example; 0: the model's halt_max_steps
  bool halting = true;     // off: exactly `segments`
  double halt_margin = 0;  // added to the threshold of the halting rule
  size_t batch = 256;      // slots
  model::WeightSet weights = model::WeightSet::kLive;
  bool residuals = false;
};

struct ExampleHeader {
  int32_t identifier = 0;  // row of the puzzle table
  uint64_t seed = 0;       // of all random numbers of this example
};
// Writes example `index` into tokens [S]. Called once per example, in order.
using ExampleLoader = std::function<ExampleHeader(size_t index, std::span<int32_t> tokens)>;

// The batch after one segment. All spans: [B].
struct SegmentView {
  std::span<const size_t> examples;   // index of the example in each slot
  std::span<const int64_t> segments;  // segments it has run, from 1
  std::span<const uint8_t> finished;  // 1 where this was its last one
  std::span<const int32_t> inputs;    // [B,S]
  const model::SegmentOutput& output;
  const model::Carry& carry;  // after the segment
};
using SegmentObserver = std::function<void(const SegmentView&)>;

// Runs examples 0..count-1. Returns false if Ctrl-C (base/signals.h) ended it between two segments. Throws bad_input on
// segments < 0 or batch = 0.
bool run_examples(model::Backend& backend, size_t count, const ExampleLoader& load, const RunOptions& options,
                  const SegmentObserver& observe);

}  // namespace hrm::solving
