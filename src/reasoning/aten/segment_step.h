// One segment of some rows of a batch, on one thread: forward only, or with loss and gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "aten/network.h"
#include "aten/optimizer.h"
#include "model/backend.h"
#include "model/config.h"

namespace hrm::aten {

// What a step reads; several threads share it.
struct StepModel {
  const model::ModelConfig& config;
  const Network& network;
  const NetworkWeights& frozen;            // cast to the forward type, without gradient
  const NetworkWeights& live;              // float32, trained ones require gradient
  std::span<const Optimizer::Slot> slots;  // what is trained, in the order of Partial::gradients
};

// Rows of a batch with their states, on the device. Row r * K + k of `state` is chain k of row r.
struct Rows {
  at::Tensor inputs, labels, ids, last;  // [n,S], [n,S] or undefined, [n], [n] bool or undefined
  State state;                           // [n*K,T,D]
  std::vector<uint64_t> seeds;           // [n*K] or empty
};

// A whole batch.
struct BatchState {
  const model::Batch& batch;
  std::span<const uint8_t> last;  // [B] or empty
  const State& state;
};
// Rows [begin, end) of the batch.
Rows take_rows(const model::ModelConfig& config, const BatchState& all, size_t begin, size_t end);

// What rows add to the gradients and results of a training step.
struct Partial {
  std::vector<at::Tensor> gradients;     // of loss / divisor, as StepModel::slots; undefined if nothing was added
  at::Tensor puzzle_rows;                // [n,E]
  std::vector<int32_t> puzzle_ids = {};  // [n], once all rows of the batch are merged
  std::vector<State> states;             // in the order of the rows
  model::TrainOutput output;
};

// part's rows follow total's.
void merge(Partial& total, const Partial& part);
void merge(model::SegmentOutput& total, const model::SegmentOutput& part);
State join(const std::vector<State>& parts);

// next: the state after the segment.
model::SegmentOutput forward_rows(const StepModel& model, const Rows& rows, const model::ForwardOptions& options,
                                  State& next);
// REQUIRES: gradient mode is on in this thread.
Partial train_rows(const StepModel& model, const Rows& rows, double divisor);

}  // namespace hrm::aten
