#include "cli/scorer_options.h"

#include "cli/libtorch_commands.h"
#include "studies/truth_scorer.h"

namespace hrm::cli {

void add_scorer_options(CLI::App& command, ScorerChoice& choice) {
  command
      .add_option("--scorer", choice.spec,
                  "run folder of hrm reward train or a published reward model; in the arithmetic world also "
                  "truth[:of=track|valid|value,noise=0.7], which judges steps exactly")
      ->required()
      ->type_name("FOLDER|truth");
  add_device_option(command, choice.device, kLanguageDeviceHelp);
  add_threads_option(command, choice.threads);
}

std::unique_ptr<steps::StepScorer> open_scorer(const ScorerChoice& choice) {
  if (const auto truth = studies::truth_scorer_settings(choice.spec))
    return std::make_unique<studies::TruthScorer>(*truth);
  return open_reward_scorer(choice.spec, choice.device, choice.threads);
}

}  // namespace hrm::cli
