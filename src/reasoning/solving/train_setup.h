// Checks the inputs of a training run before anything is written: its data sets, its model, its length.
#pragma once

#include <optional>

#include "model/config.h"
#include "puzzles/dataset.h"
#include "solving/train_config.h"

namespace hrm::solving {

struct TrainData {
  puzzles::Dataset train;
  std::optional<puzzles::Dataset> test;
};

// Throws bad_input if the folder or a split is not usable or the two splits have different puzzles; warns if there is
// no test split.
TrainData open_train_data(const ReasoningTrainConfig& config);

// Throws bad_input with the setting that does not fit the data.
model::ModelConfig model_config(const ReasoningTrainConfig& config, const puzzles::Dataset& data);

// Throws bad_input if it is less than one step.
uint64_t checked_total_steps(const ReasoningTrainConfig& config, const puzzles::DatasetMetadata& metadata);

}  // namespace hrm::solving
