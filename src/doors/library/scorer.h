// Which scorer of steps a path names.
#pragma once

#include <memory>
#include <string>

#include "steps/step_scorer.h"

namespace hrm::library {

// Throws bad_input for a folder without a reward model, and in a build without libtorch.
std::unique_ptr<steps::StepScorer> open_reward_model(const std::string& path, const std::string& device,
                                                     size_t threads);

}  // namespace hrm::library
