// One optimizer step of deep supervision (arXiv 2506.21734, section 2): a segment of every slot, a loss, an update.
//
//   slots b = 0..B-1 each hold an example, its recurrent state and the segments it has had
//   slots that halted take the example at their index of the next batch, with fresh states; the rest of that batch is
//   dropped (so do the authors' programs)
//   forward, loss, update (Backend::train_step), then each slot halts or not (solving/halting.h)
//
// Of a job of several processes each has its own slots; the backend's update is that of all (StepExchange).
//
// The metrics are the authors': sums over the slots that halt at this step and have a supervised token; the losses are
// sums over all slots, before division by the batch. Divide the first five by `count` for means.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/tensor.h"
#include "model/backend.h"
#include "solving/halting.h"

namespace hrm::solving {

struct StepMetrics {
  double count = 0;            // examples that halted at this step
  double accuracy = 0;         // of these: sum of the share of supervised tokens that are right
  double exact_accuracy = 0;   // of these: how many are wholly right
  double q_halt_accuracy = 0;  // of these: how often (q_halt >= 0) says whether the answer is right
  double steps = 0;            // of these: sum of segments
  double loss = 0, lm_loss = 0, q_halt_loss = 0, q_continue_loss = 0;
};

struct StepResult {
  StepMetrics metrics;
  model::TrainOutput output;
};

struct StepperOptions {
  size_t batch = 0;   // B
  uint64_t seed = 0;  // of the exploration in halting
  size_t first = 0;   // number of slot 0 among those of all processes
};

// Not thread-safe. All slots are empty at the start, so that the first step takes the whole batch.
class TrainStepper {
 public:
  // REQUIRES: the backend outlives the stepper and its optimizer has been set.
  TrainStepper(model::Backend& backend, const StepperOptions& options);

  // [B] not 0 where the slot takes a fresh example at the next step (it halted, or is empty).
  std::span<const uint8_t> halted() const { return halted_; }
  // [B] segments that the slot's example has had.
  std::span<const int32_t> steps() const { return steps_; }
  // Training steps done.
  uint64_t step_count() const { return step_count_; }

  // next: B examples; only rows where halted() are read. Its noise_seeds, one per example, are mixed with the segment's
  // number before they reach the backend; they may be empty if the model draws nothing. Throws bad_input if next.size
  // is not B. Where output.applied is false, this object must not be used again except through load(). max_segments: an
  // example halts after at most this many; 0: arch.halt_max_steps.
  StepResult step(const model::Batch& next, const model::TrainOptions& options, int64_t max_segments = 0);

  // All of the slots and the recurrent state: "carry.<name>", "slots.<field>". load() continues with the same bits;
  // throws bad_input naming a tensor that is missing or has another shape.
  NamedTensors save() const;
  void load(const NamedTensors& state);

 private:
  void take(const model::Batch& next);
  model::Batch current();
  StepMetrics measure(const model::TrainOutput& output) const;

  model::Backend& backend_;
  StepperOptions options_;
  HaltingRule rule_;
  size_t seq_len_;
  std::unique_ptr<model::Carry> carry_;
  uint64_t step_count_ = 0;
  std::vector<int32_t> inputs_, labels_;         // [B,S]
  std::vector<int32_t> identifiers_, steps_;     // [B]
  std::vector<uint64_t> seeds_, segment_seeds_;  // [B]
  std::vector<uint8_t> halted_;                  // [B]
};

}  // namespace hrm::solving
