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
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/backend.h"
#include "solving/halting.h"

namespace hrm::solving {

struct RunOptions {
  int64_t segments = 0;    // at most, per example; 0: the model's halt_max_steps
  bool halting = true;     // off: exactly `segments`
  double halt_margin = 0;  // added to the threshold of the halting rule
  size_t batch = 256;      // slots
  model::WeightSet weights = model::WeightSet::kLive;
  bool residuals = false, logits = false;  // of every segment, in SegmentView::output
};

struct ExampleHeader {
  int32_t identifier = 0;  // row of the puzzle table
  uint64_t seed = 0;       // of all random numbers of this example
};
// Writes example `index` into tokens [S]. Called once per example, in order.
using ExampleLoader = std::function<ExampleHeader(size_t index, std::span<int32_t> tokens)>;

// The batch after one segment. All spans: [B].
struct SegmentEvent {
  std::span<const size_t> examples;   // index of the example in each slot
  std::span<const int64_t> segments;  // segments it has run, from 1
  std::span<const uint8_t> finished;  // 1 where this was its last one
  std::span<const int32_t> inputs;    // [B,S]
  const model::SegmentOutput& output;
  const model::Carry& carry;  // after the segment
};
using SegmentObserver = std::function<void(const SegmentEvent&)>;

// The batch itself, for callers whose examples arrive while it runs. Not thread-safe.
class ContinuousBatch {
 public:
  struct Newcomer {
    size_t example = 0;  // the caller's number for it
    ExampleHeader header;
    HaltingRule rule;
    bool halting = true;
  };
  // Writes the next example's tokens [S]; nullopt if none waits.
  using Next = std::function<std::optional<Newcomer>(std::span<int32_t> tokens)>;

  // slots: at most. REQUIRES: slots > 0; the backend outlives it.
  ContinuousBatch(model::Backend& backend, size_t slots) : backend_(backend), most_(slots) {}

  size_t size() const { return newcomers_.size(); }
  // Slots that finished are taken by what `next` gives, in order, and closed where it gives nothing; then the batch
  // grows while there is more.
  void refill(const Next& next);
  // One segment for all. REQUIRES: size() > 0. The view holds until the next call.
  SegmentEvent run_segment(const model::ForwardOptions& options);
  // Ends examples before their time: those for which this is true leave at the next refill().
  void abandon(const std::function<bool(size_t example)>& unwanted);

 private:
  bool take_next(const Next& next, size_t slot);
  void move_slot(size_t from, size_t to);
  void resize(size_t slots);
  std::span<int32_t> tokens(size_t slot);

  model::Backend& backend_;
  const size_t most_;
  std::unique_ptr<model::Carry> carry_;
  model::SegmentOutput output_;
  std::vector<Newcomer> newcomers_;
  std::vector<int32_t> inputs_, identifiers_;
  std::vector<size_t> examples_;
  std::vector<int64_t> segments_;
  std::vector<uint64_t> noise_seeds_;
  std::vector<uint8_t> fresh_, finished_;
};

// Runs examples 0..count-1. Returns false if Ctrl-C (base/signals.h) ended it between two segments. Throws bad_input on
// segments < 0 or batch = 0.
bool run_examples(model::Backend& backend, size_t count, const ExampleLoader& load, const RunOptions& options,
                  const SegmentObserver& observe);

}  // namespace hrm::solving
