// The flags of a step scorer, for commands that see reward models only as steps::StepScorer.
#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "steps/step_scorer.h"

namespace hrm::cli {

struct ScorerChoice {
  std::string spec;  // a folder with a reward model, or truth[:of=value,noise=0.5]
  std::string device = "cpu";
  size_t threads = 0;
};
void add_scorer_options(CLI::App& command, ScorerChoice& choice);  // --scorer, --device, --threads
// Throws bad_input for a folder in a build without libtorch.
std::unique_ptr<steps::StepScorer> open_scorer(const ScorerChoice& choice);

}  // namespace hrm::cli
