// What the commands that train a model have in common: which run, how it continues, and what is said of it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "cli/command.h"
#include "training/run_request.h"

namespace hrm::cli {

struct RunArguments {
  std::filesystem::path out;
  bool resume = false, overwrite = false, accept_changes = false, json = false;
  uint64_t seed = 0;
  std::optional<double> minutes;

  training::RunRequest request(std::vector<std::string> settings) const;
};

// --out, --resume, --overwrite, --accept-changes, --minutes, --json, --seed
void add_run_options(CLI::App& command, RunArguments& args);

// Prints the report; after Ctrl-C says how to continue with `command`.
void finish_run(const training::RunReport& report, const RunArguments& args, std::string_view command, Exit& exit);

// "Settings (key=value) and their defaults:" and a line for each.
template <typename Config>
std::string settings_help(const Config& defaults, std::string_view where = "key=value") {
  std::string text = fmt::format("Settings ({}) and their defaults:", where);
  for (const auto& [key, value, help] : describe_fields(defaults))
    text += fmt::format("\n  {:<34} {}", fmt::format("{}={}", key, value), help);
  return text + "\n\n";
}

}  // namespace hrm::cli
