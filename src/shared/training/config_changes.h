// Checks whether a run may resume with these settings. A resumed run is the same run only if no setting that determines
// its numbers has changed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace hrm::training {

struct ConfigChange {
  std::string key;            // dotted: "arch.H_cycles"
  std::string before, after;  // JSON text, "(none)" if the key is absent
};

// Settings whose values differ, in the order of `after`, then those that only `before` has.
std::vector<ConfigChange> config_changes(const Json& before, const Json& after);

// Throws bad_input naming the changes whose key is not in `harmless` (a key ending in '.' stands for all below it).
void refuse_changes(std::span<const ConfigChange> changes, std::span<const std::string_view> harmless,
                    std::string_view folder);

// "lr: 0.0001 -> 0.0003, seed: 0 -> 1"
std::string to_text(std::span<const ConfigChange> changes);

}  // namespace hrm::training
