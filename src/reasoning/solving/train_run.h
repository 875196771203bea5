// Runs a whole training, from settings and a data set to a run folder with a trained model.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "model/backend.h"
#include "solving/train_config.h"
#include "training/collective.h"
#include "training/run_request.h"

namespace hrm::solving {

using BackendFactory = std::function<std::unique_ptr<model::Backend>(const model::ModelConfig& config,
                                                                     const model::BackendOptions& options)>;

struct TrainRequest {
  training::RunRequest run;
  std::string preset;            // of the architecture; empty: as it is
  std::filesystem::path recipe;  // empty: none
  std::filesystem::path init;    // model to begin with, as load_checkpoint=; empty: none
  model::BackendOptions backend;
  training::Collective* processes = nullptr;  // that train together, in one run folder; null: this one alone
};

// The settings of a request: stored ones where it resumes, then preset, recipe, arguments. Without preset and without a
// recipe that has an architecture, that is the one of the model the run begins with. Throws bad_input if a resumed run
// would change (training/config_changes.h).
ReasoningTrainConfig resolve_config(const TrainRequest& request);

// Process 0 reads the request, the recipe and the run folder, and alone writes; every process reads the data set.
// Writes into the run folder as training/run_folder.h says. Throws bad_input before anything is written where settings,
// data or the folder are not usable; failure if the run breaks.
training::RunReport train(const TrainRequest& request, const BackendFactory& make_backend);

}  // namespace hrm::solving
