// The initial weights of a run that starts from another model (hrm train --init).
//
// The trunk is copied. The puzzle table is kept if its size fits the new data set; otherwise every row becomes the mean
// of the old rows, as TRM's program does (load_checkpoint of its pretrain.py). The optimizer starts again, and the
// moving average starts at these weights.
#pragma once

#include <span>
#include <string>

#include "base/tensor.h"
#include "solving/model_file.h"
#include "solving/train_config.h"

namespace hrm::solving {

// The model of config.load_checkpoint, ours or the authors'. arch_given: the architecture comes from a preset or
// recipe, which then completes what the file does not state; otherwise only `settings` ("arch.num_heads=8") do.
// seq_len: of the data set, for files that do not state the length of the puzzles.
struct InitialModelRequest {
  const ReasoningTrainConfig& config;
  bool arch_given = false;
  std::span<const std::string> settings;
  int64_t seq_len = 0;
};
ModelFile load_initial_model(const InitialModelRequest& request);

// The weights for `config`; a message says what was kept, reset, and which settings differ from the model's own.
// family: of the data set, null if unknown. Throws bad_input if a tensor does not fit, naming what differs.
NamedTensors initial_weights_from(const ModelFile& model, const model::ModelConfig& config, const Json& family,
                                  std::string_view source);

}  // namespace hrm::solving
