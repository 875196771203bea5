// A backend that also gives the gradients of a training step, with which tests compare backends.
#pragma once

#include "model/backend.h"

namespace hrm::model {

struct Gradients {
  TrainOutput output;
  NamedTensors by_name;
};

class GradientBackend : public Backend {
 public:
  // train_step() without the update: gradients of loss / global batch by parameter name, and under "puzzle_emb_local"
  // [B,E] those of the rows looked up.
  virtual Gradients gradients(const Batch& batch, std::span<const uint8_t> last_segment, Carry& carry,
                              const TrainOptions& options) = 0;
};

}  // namespace hrm::model
