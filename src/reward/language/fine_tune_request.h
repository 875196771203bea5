// The request for a training run of a language or reward model, and how its settings are determined.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/fields.h"
#include "language/fine_tuning.h"
#include "training/collective.h"
#include "training/run_request.h"

namespace hrm::language {

struct FineTuneRequest {
  training::RunRequest run;
  size_t threads = 0;  // torch::use_machine()
  at::Device device = at::Device(at::DeviceType::CPU);
  training::Collective* processes = nullptr;  // that train together, in one run folder; null: this one alone
};

// What process 0 does of the next.
template <typename Config>
Config resolved_by_root(Config config, const training::RunRequest& request) {
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

// training::resolve_settings() for a configuration with the fields of FineTuneConfig and `from`, as process 0 does it.
// Throws bad_input too where a new run would be in the place of another, or of the model that it starts from (`tiny`:
// of none).
template <typename Config>
Config resolved_settings(Config config, const FineTuneRequest& given, std::string_view tiny) {
  training::Collective& all = training::or_alone(given.processes);
  const auto resolve = [&] {
    Config resolved = resolved_by_root(config, given.run);
    if (given.run.mode == training::RunMode::kOverwrite && resolved.from != tiny)
      training::refuse_overwritten_input(given.run.out, resolved.from);
    return resolved;
  };
  return training::settings_of_root(all, config, resolve);
}

// Runs the loop with these settings kept in every checkpoint and in config.json.
template <typename Config>
training::RunResult run_fine_tuning(FineTuner& trainee, const Config& config, const training::RunFolder& folder,
                                    const FineTuneRequest& given) {
  const training::RunRequest& request = given.run;
  training::LoopOptions options = fine_tune_loop_options(config.tuning, trainee.total_steps(), folder);
  options.config = fields_to_json(config);
  options.minutes = request.minutes.value_or(0);
  options.progress = request.progress;
  options.resume = request.mode == training::RunMode::kResume;
  options.processes = given.processes;
  options.restored = [&] { write_json(folder.config(), fields_to_json(config)); };
  return training::run_loop(trainee, folder, options);
}

// end, step, total_steps, seconds, resumed_from, best_step, last_evaluation
Json run_json(const training::RunResult& run, uint64_t total_steps);

}  // namespace hrm::language
