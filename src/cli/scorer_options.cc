#include "cli/scorer_options.h"

#include "base/error.h"
#include "studies/truth_scorer.h"

#if HRM_TORCH
#include "cli/cmd_reward.h"
#endif

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
#if HRM_TORCH
  RewardModelArguments model;
  model.model = choice.spec;
  return open_reward_model(model, choice.device, choice.threads);
#else
  throw bad_input("cli.scorer",
                  "--scorer {}: this build has no libtorch, so no reward models: build with "
                  "-DHRM_TORCH=ON, or use --scorer truth",
                  choice.spec);
#endif
}

}  // namespace hrm::cli
