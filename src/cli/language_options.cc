#include "cli/language_options.h"

#include <utility>

#include "base/utf8.h"
#include "cli/distributed.h"
#include "torch/machine.h"

namespace hrm::cli {

void add_language_run_options(CLI::App& command, LanguageRunArguments& args) {
  add_run_options(command, args);
  add_threads_option(command, args.threads);
  add_device_option(command, args.device, kLanguageDeviceHelp);
}

void RunSettings::words(const char* key, const std::vector<std::string>& words) {
  std::vector<std::string> files;
  for (const std::string& word : words) {
    if (!is_valid_utf8(word))
      throw bad_input("cli", "'{}' is not UTF-8, which a run's settings require: rename the file, or use a link to it",
                      word);
    (word.find('=') == std::string::npos || std::filesystem::exists(word) ? files : last_).push_back(word);
  }
  if (!files.empty()) settings_.push_back(fmt::format("{}={}", key, Json(files).dump()));
}

void RunSettings::set(const char* flag, const char* key, const Json& value) {
  if (command_.count(flag) == 0) return;
  settings_.push_back(fmt::format("{}={}", key, value.is_string() ? value.get<std::string>() : value.dump()));
}

std::vector<std::string> RunSettings::take() {
  settings_.insert(settings_.end(), last_.begin(), last_.end());
  return std::move(settings_);
}

void train_distributed(const TrainingCommand& command, std::vector<std::string> settings,
                       const std::function<training::RunReport(const language::FineTuneRequest&)>& train) {
  const LanguageRunArguments& args = command.args;
  language::FineTuneRequest request{.run = args.request(std::move(settings)),
                                    .threads = threads_of_process(args.threads),
                                    .device = torch::parse_device(args.device)};
  run_distributed([&](training::Collective& all) {
    request.processes = &all;
    const training::RunReport report = train(request);
    if (all.is_root())
      finish_run(report, args, command.name, command.exit);
    else if (report.run.end == training::RunEnd::kInterrupted)
      command.exit.code = kInterruptedExitCode;
  });
}

at::ScalarType type_of(const std::string& dtype) { return dtype == "bfloat16" ? at::kBFloat16 : at::kFloat; }

}  // namespace hrm::cli
