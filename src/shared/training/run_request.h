// What is asked of a training run of any model, how its settings are determined, and what it reports.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"
#include "training/collective.h"
#include "training/run_folder.h"
#include "training/run_loop.h"

namespace hrm::training {

struct RunRequest {
  std::filesystem::path out;
  RunMode mode = RunMode::kNew;
  bool accept_changes = false;        // resume even where settings differ that decide the run's numbers
  std::vector<std::string> settings;  // key=value, over defaults or what the run was started with
  std::optional<double> minutes;      // of training, over all resumes; 0: no limit; nullopt: as the settings say
  bool progress = true;
};

struct RunReport {
  RunResult run;
  Json json;          // as written to report.json
  std::string table;  // the same for people
};

// What resolve_settings() has to know of a kind of run.
struct SettingsRules {
  bool names_model = false;                    // the request says what a new run would be of (config_to_resume)
  std::span<const std::string_view> harmless;  // settings that decide no number of a step that was done
};

// The settings that the run in request.out was started with, if it resumes and there is one.
std::optional<Json> settings_to_resume(const RunRequest& request, const SettingsRules& rules);

// What a resumed run would change. Throws bad_input where that is not accepted.
void check_changed_settings(const RunRequest& request, const SettingsRules& rules, const Json& before,
                            const Json& after);

// A warning for each setting that is stored and not known: it is of another version of this program. What is missing
// has its default.
void warn_of_unknown_settings(const RunRequest& request, const std::vector<std::string>& keys);

// The settings of the run: the defaults, or those that it was started with, changed by apply(config, resumed), which
// gives it the request's. Throws bad_input for a setting that is not known or does not fit, and for changes of a
// resumed run that are not accepted.
template <typename Config, typename Apply>
Config resolve_settings(Config config, const RunRequest& request, const SettingsRules& rules, const Apply& apply) {
  const std::optional<Json> stored = settings_to_resume(request, rules);
  if (stored)
    warn_of_unknown_settings(request, fields_from_json(config, *stored, (request.out / "config.json").string()));
  const Json before = fields_to_json(config);
  apply(config, stored.has_value());
  if (stored) check_changed_settings(request, rules, before, fields_to_json(config));
  config.validate();
  return config;
}

// What resolve() gives in process 0, in all processes. `config`: any of its type.
template <typename Config, typename Resolve>
Config settings_of_root(Collective& all, Config config, const Resolve& resolve) {
  if (all.size() == 1) return resolve();
  fields_from_json(config, json_from_root(all, [&] { return fields_to_json(resolve()); }), "process 0");
  config.validate();
  return config;
}

// The folder of a run of several processes: process 0 opens it, for the others it has names only.
class SharedRunFolder {
 public:
  SharedRunFolder(const RunRequest& request, Collective& all) {
    on_root(all, [&] { folder_.emplace(request.out, request.mode); });
    if (!folder_) folder_.emplace(request.out);
  }
  const RunFolder& operator*() const { return *folder_; }
  const RunFolder* operator->() const { return &*folder_; }

 private:
  std::optional<RunFolder> folder_;
};

}  // namespace hrm::training
