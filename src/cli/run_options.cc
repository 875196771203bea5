#if HRM_TORCH
#include "cli/run_options.h"

#include <ATen/Context.h>

#include "base/log.h"
#include "base/signals.h"
#include "base/utf8.h"

namespace hrm::cli {

at::Device parse_device(const std::string& name) {
  constexpr std::string_view kWhere = "cli.device";
  if (name == "cpu" || name == "aten") return at::Device(at::kCPU);
  if (!name.starts_with("cuda")) throw bad_input(kWhere, "--device {}: expected cpu, cuda or cuda:N", name);
  if (!at::hasCUDA()) throw bad_input(kWhere, "--device {}: this machine or this build has no CUDA", name);
  try {
    return at::Device(name);
  } catch (const std::exception&) {
    throw bad_input(kWhere, "--device {}: expected cpu, cuda or cuda:N", name);
  }
}

void add_run_options(CLI::App& command, RunArguments& args) {
  command.add_option("-o,--out", args.out, "run folder")->required()->type_name("FOLDER");
  auto* resume = command.add_flag("--resume", args.resume, "resume the run in --out");
  command.add_flag("--overwrite", args.overwrite, "replace the run in --out")->excludes(resume);
  command
      .add_flag("--accept-changes", args.accept_changes, "resume even if settings that affect the run's numbers differ")
      ->needs(resume);
  command.add_option("--minutes", args.minutes, "stop after this training time; 0: no limit")->type_name("X");
  add_json_flag(command, args.json);
  add_seed_option(command, args.seed);
  add_threads_option(command, args.threads);
  add_device_option(command, args.device, kLanguageDeviceHelp);
}

void RunSettings::words(const char* key, const std::vector<std::string>& words) {
  std::vector<std::string> files;
  for (const std::string& word : words) {
    if (!is_valid_utf8(word))
      throw bad_input("cli", "'{}' is not UTF-8, as a run's settings must be: rename the file, or use a link to it",
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

language::RunRequest request_of(const RunArguments& args, std::vector<std::string> settings) {
  return {.out = args.out,
          .mode = args.resume      ? training::RunMode::kResume
                  : args.overwrite ? training::RunMode::kOverwrite
                                   : training::RunMode::kNew,
          .accept_changes = args.accept_changes,
          .settings = std::move(settings),
          .minutes = args.minutes,
          .threads = args.threads,
          .device = parse_device(args.device)};
}

void finish_run(const language::RunReport& report, const RunArguments& args, std::string_view command, Exit& exit) {
  if (args.json)
    print_json(report.json);
  else
    fmt::print("{}", report.table);
  if (report.run.end != training::RunEnd::kInterrupted) return;
  log_info("interrupted after step {}; continue with: {} --resume --out {}", report.run.step, command,
           args.out.string());
  exit.code = kInterruptedExitCode;
}

}  // namespace hrm::cli
#endif
