// A batch of examples, as the decoder reads it.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "language/examples.h"

namespace hrm::language {

// Rows are padded on the right with token 0, which no target sees.
struct PackedBatch {
  at::Tensor ids;        // [B,T] i64
  at::Tensor positions;  // [M] i64 in the flat [B*T]: where the targets are
  LossTargets targets;   // [M]
  at::Tensor weights;    // [M] f32
};

// part: indices of examples, at least one. trials: whether the loss counts them.
PackedBatch pack(std::span<const Example> examples, std::span<const size_t> part, bool trials, at::Device device);

}  // namespace hrm::language
