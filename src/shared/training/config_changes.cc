#include "training/config_changes.h"

#include <algorithm>

namespace hrm::training {
namespace {

using Flat = std::vector<std::pair<std::string, std::string>>;

void flatten(const Json& json, const std::string& prefix, Flat& flat) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_object())
      flatten(value, prefix + key + ".", flat);
    else
      flat.emplace_back(prefix + key, printable(value));
  }
}

std::string value_of(const Flat& flat, const std::string& key) {
  const auto at = std::ranges::find(flat, key, &Flat::value_type::first);
  return at == flat.end() ? "(none)" : at->second;
}

bool covers(std::string_view pattern, std::string_view key) {
  return pattern.ends_with('.') ? key.starts_with(pattern) : key == pattern;
}

}  // namespace

std::vector<ConfigChange> config_changes(const Json& before, const Json& after) {
  Flat old_values, new_values;
  flatten(before, "", old_values);
  flatten(after, "", new_values);
  std::vector<ConfigChange> changes;
  for (const auto& [key, value] : new_values)
    if (const std::string old_value = value_of(old_values, key); old_value != value)
      changes.push_back({key, old_value, value});
  for (const auto& [key, value] : old_values)
    if (const std::string new_value = value_of(new_values, key); new_value == "(none)")
      changes.push_back({key, value, new_value});
  return changes;
}

std::string to_text(std::span<const ConfigChange> changes) {
  std::string text;
  for (const auto& [key, before, after] : changes)
    text += fmt::format("{}{}: {} -> {}", text.empty() ? "" : ", ", key, before, after);
  return text;
}

void refuse_changes(std::span<const ConfigChange> changes, std::span<const std::string_view> harmless,
                    std::string_view folder) {
  std::vector<ConfigChange> refused;
  for (const ConfigChange& change : changes)
    if (std::ranges::none_of(harmless, [&](std::string_view pattern) { return covers(pattern, change.key); }))
      refused.push_back(change);
  if (refused.empty()) return;
  const bool model = std::ranges::any_of(refused, [](const ConfigChange& c) { return c.key.starts_with("arch."); });
  throw bad_input("training.resume",
                  "{}: the run was started with other settings ({}): leave them out, choose another --out, or give "
                  "--accept-changes to continue with the new ones{}",
                  folder, to_text(refused), model ? " (shapes of the model cannot change: for these, --init)" : "");
}

}  // namespace hrm::training
