// The request for a training run of a language or reward model, and how its settings are determined.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/fields.h"
#include "language/fine_tuning.h"
#include "training/run_request.h"

namespace hrm::language {

struct FineTuneRequest {
  training::RunRequest run;
  size_t threads = 0;  // torch::use_machine()
  at::Device device = at::Device(at::DeviceType::CPU);
};

// training::resolve_settings() for a configuration with the fields of FineTuneConfig and `from`. Throws bad_input too
// where a new run would be in the place of another.
template <typename Config>
Config resolved_settings(Config config, const training::RunRequest& request) {
  if (request.mode == training::RunMode::kNew) training::refuse_existing_run(request.out);
  const auto names_model = [](const std::string& setting) { return setting.starts_with("from="); };
  const auto apply = [&](Config& changed, bool) {
    for (const std::string& setting : request.settings) assign_field(changed, setting);
  };
  return training::resolve_settings(
      std::move(config), request,
      {.names_model = std::ranges::any_of(request.settings, names_model), .harmless = harmless_fine_tune_settings()},
      apply);
}

// Runs the loop with these settings kept in every checkpoint and in config.json.
template <typename Config>
training::RunResult run_fine_tuning(FineTuner& trainee, const Config& config, const training::RunFolder& folder,
                                    const training::RunRequest& request) {
  training::LoopOptions options = fine_tune_loop_options(config.tuning, trainee.total_steps(), folder);
  options.config = fields_to_json(config);
  options.minutes = request.minutes.value_or(0);
  options.progress = request.progress;
  options.resume = request.mode == training::RunMode::kResume;
  options.restored = [&] { write_json(folder.config(), fields_to_json(config)); };
  return training::run_loop(trainee, folder, options);
}

// end, step, total_steps, seconds, resumed_from, best_step, last_evaluation
Json run_json(const training::RunResult& run, uint64_t total_steps);

}  // namespace hrm::language
