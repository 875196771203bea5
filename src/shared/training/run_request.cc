#include "training/run_request.h"

#include "base/log.h"
#include "training/config_changes.h"

namespace hrm::training {

std::optional<Json> settings_to_resume(const RunRequest& request, const SettingsRules& rules) {
  if (request.mode != RunMode::kResume) return std::nullopt;
  return config_to_resume(request.out, rules.names_model);
}

void check_changed_settings(const RunRequest& request, const SettingsRules& rules, const Json& before,
                            const Json& after) {
  const std::vector<ConfigChange> changes = config_changes(before, after);
  if (!request.accept_changes) refuse_changes(changes, rules.harmless, request.out.string());
  if (!changes.empty()) log_info("settings that change: {}", to_text(changes));
}

void warn_of_unknown_settings(const RunRequest& request, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) log_warning("{}: unknown setting '{}', ignored", request.out.string(), key);
}

}  // namespace hrm::training
