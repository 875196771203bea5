// What a training run would cost on this machine, from a few steps of it; nothing is written.
//
//   operations   steps x batch x training_operations (model/operations.h)
//   hours        of training: steps x the median time of the measured steps; of evaluations, at most: the time of a
//                sample with the untrained model, which hardly halts, for each evaluation that the settings ask for
//   memory       the most that this process has held, resident
#pragma once

#include <string>

#include "base/json.h"
#include "solving/train_run.h"

namespace hrm::solving {

struct TrainEstimate {
  bool complete = true;  // false: interrupted; the rest is then empty
  Json json;             // docs/training.md has the fields
  std::string table;     // the same for people
};

// Throws bad_input as train() does where settings or data are not usable. request.out is not looked at. Ctrl-C ends it;
// the caller holds the InterruptScope. REQUIRES: request.mode is kNew.
TrainEstimate estimate_training(const TrainRequest& request, const BackendFactory& make_backend);

}  // namespace hrm::solving
