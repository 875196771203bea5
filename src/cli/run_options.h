// Shared by the commands that train a model on the run loop. Only in builds with libtorch.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/fields.h"
#include "cli/command.h"
#include "language/run_request.h"
#include "language/tiny.h"

namespace hrm::cli {

// cpu, cuda or cuda:N. Throws bad_input for another name, and where there is no CUDA.
at::Device parse_device(const std::string& name);

struct RunArguments {
  std::filesystem::path out;
  bool resume = false, overwrite = false, accept_changes = false, json = false;
  uint64_t seed = 0;
  double minutes = 0;
  size_t threads = 0;
  std::string device = "cpu";
};

// --out, --resume, --overwrite, --accept-changes, --minutes, --json, --seed, --threads, --device
void add_run_options(CLI::App& command, RunArguments& args);

// key=value of the flags that were given, then those of the command line.
class RunSettings {
 public:
  explicit RunSettings(const CLI::App& command) : command_(command) {}
  // Words that are files become the list `key`; words with "=" that are none are settings.
  void words(const char* key, const std::vector<std::string>& words);
  void set(const char* flag, const char* key, const Json& value);
  std::vector<std::string> take();

 private:
  const CLI::App& command_;
  std::vector<std::string> settings_, last_;
};

// Whether a run of these settings begins with a new tiny model, which wants other rates than one that has learned.
template <typename Config>
bool begins_tiny(Config config, const std::vector<std::string>& settings) {
  for (const std::string& setting : settings)
    if (setting.starts_with("from=")) assign_field(config, setting);
  return config.from == language::kTiny;
}

// What --from and --teacher name is a model on disk, also where its folder is called as what --init makes.
inline std::string model_on_disk(const std::string& given) { return given == language::kTiny ? "./" + given : given; }

language::RunRequest request_of(const RunArguments& args, std::vector<std::string> settings);

// Prints the report; after Ctrl-C says how to continue with `command`.
void finish_run(const language::RunReport& report, const RunArguments& args, std::string_view command, Exit& exit);

// "Settings (key=value) and their defaults:" and a line for each.
template <typename Config>
std::string settings_help(const Config& defaults) {
  std::string text = "Settings (key=value) and their defaults:";
  for (const auto& [key, value, help] : describe_fields(defaults))
    text += fmt::format("\n  {:<34} {}", fmt::format("{}={}", key, value), help);
  return text + "\n\n";
}

}  // namespace hrm::cli
