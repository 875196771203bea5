// What the commands that run language and reward models have in common. Only in builds with libtorch.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/run_options.h"
#include "language/fine_tune_request.h"
#include "language/tiny.h"

namespace hrm::cli {

struct LanguageRunArguments : RunArguments {
  size_t threads = 0;
  std::string device = "cpu";
};
void add_language_run_options(CLI::App& command, LanguageRunArguments& args);  // also --threads and --device

// key=value of the flags that were given, then those of the command line.
class RunSettings {
 public:
  explicit RunSettings(const CLI::App& command) : command_(command) {}
  // Words that are files become the list `key`; other words with "=" are settings.
  void words(const char* key, const std::vector<std::string>& words);
  void set(const char* flag, const char* key, const Json& value);
  std::vector<std::string> take();

 private:
  const CLI::App& command_;
  std::vector<std::string> settings_, last_;
};

// Whether a run with these settings starts from a new tiny model, which needs other rates than a trained one.
template <typename Config>
bool begins_tiny(Config config, const std::vector<std::string>& settings) {
  for (const std::string& setting : settings)
    if (setting.starts_with("from=")) assign_field(config, setting);
  return config.from == language::kTiny;
}

// --from and --teacher always name a model on disk, even if its folder has the name of something that --init makes.
inline std::string model_on_disk(const std::string& given) { return given == language::kTiny ? "./" + given : given; }

struct TrainingCommand {
  std::string_view name;  // as the user writes it
  const LanguageRunArguments& args;
  Exit& exit;
};
// Runs `train` with the processes of this job; process 0 prints the report.
void train_distributed(const TrainingCommand& command, std::vector<std::string> settings,
                       const std::function<training::RunReport(const language::FineTuneRequest&)>& train);

at::ScalarType type_of(const std::string& dtype);  // of --dtype

}  // namespace hrm::cli
