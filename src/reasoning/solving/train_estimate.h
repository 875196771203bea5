// Estimates the cost of a training run on this machine from a few of its steps; writes nothing.
//
//   operations   steps x batch x training_operations (model/operations.h)
//   hours        of training: steps x the median time of the measured steps; of evaluations, an upper limit: the time
//                of a sample with the untrained model, which hardly ever halts, for each evaluation of the settings
//   memory       the largest resident size of this process
#pragma once

#include <string>

#include "base/json.h"
#include "solving/train_run.h"

namespace hrm::solving {

struct TrainEstimate {
  bool complete = true;  // false: interrupted; the rest is then empty
  Json json;             // docs/training.md has the fields
  std::string table;     // the same as text
};

// Throws bad_input like train() for unusable settings or data. Ignores request.run.out. Ctrl-C ends it;
// the caller holds the InterruptScope. REQUIRES: request.run.mode is kNew.
TrainEstimate estimate_training(const TrainRequest& request, const BackendFactory& make_backend);

}  // namespace hrm::solving
