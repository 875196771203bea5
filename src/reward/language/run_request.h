// The request for a training run of a language or reward model, and how its settings are determined.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/log.h"
#include "language/fine_tuning.h"
#include "training/config_changes.h"

namespace hrm::language {

struct RunRequest {
  std::filesystem::path out;
  training::RunMode mode = training::RunMode::kNew;
  bool accept_changes = false;        // resume though settings differ that decide the run's numbers
  std::vector<std::string> settings;  // key=value, over defaults or what the run was started with
  double minutes = 0;                 // of training; 0: no limit
  size_t threads = 0;                 // aten::use_machine()
  at::Device device = at::Device(at::DeviceType::CPU);
};

struct RunReport {
  training::RunResult run;
  Json json;
  std::string table;
};

// The settings of the run: defaults, or those that it was started with, changed by the request's. Throws bad_input for
// a setting that is not known or does not fit, and for changes of a resumed run that are not accepted.
template <typename Config>
Config resolved_settings(Config config, const RunRequest& request) {
  if (request.mode == training::RunMode::kNew) training::refuse_existing_run(request.out);
  std::optional<Json> stored;
  const auto names_model = [](const std::string& setting) { return setting.starts_with("from="); };
  if (request.mode == training::RunMode::kResume)
    stored = training::config_to_resume(request.out, std::ranges::any_of(request.settings, names_model));
  if (stored)
    for (const std::string& key : fields_from_json(config, *stored, (request.out / "config.json").string()))
      log_warning("{}: unknown setting '{}', ignored", request.out.string(), key);
  const Json before = fields_to_json(config);
  for (const std::string& setting : request.settings) assign_field(config, setting);
  if (stored) {
    const auto changes = training::config_changes(before, fields_to_json(config));
    if (!request.accept_changes) training::refuse_changes(changes, harmless_fine_tune_settings(), request.out.string());
    if (!changes.empty()) log_info("settings that change: {}", training::to_text(changes));
  }
  config.validate();
  return config;
}

// Runs the loop with these settings kept in every checkpoint and in config.json.
template <typename Config>
training::RunResult run_fine_tuning(FineTuner& trainee, const Config& config, const training::RunFolder& folder,
                                    const RunRequest& request) {
  training::LoopOptions options = fine_tune_loop_options(config.tuning, trainee.total_steps(), folder);
  options.config = fields_to_json(config);
  options.minutes = request.minutes;
  options.resume = request.mode == training::RunMode::kResume;
  options.restored = [&] { write_json(folder.config(), fields_to_json(config)); };
  return training::run_loop(trainee, folder, options);
}

// end, step, total_steps, seconds, resumed_from, best_step, last_evaluation
Json run_json(const training::RunResult& run, uint64_t total_steps);

}  // namespace hrm::language
