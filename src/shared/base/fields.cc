#include "base/fields.h"

#include <algorithm>

#include "base/nearest.h"

namespace hrm::detail {

std::string closest_key(std::string_view key, const std::vector<std::string>& known) {
  if (known.empty()) return "";
  const auto distance = [&](const std::string& candidate) {
    // A key given without its prefix ("H_cycles" for "arch.H_cycles") is the commonest slip.
    return candidate.ends_with(fmt::format(".{}", key)) ? 0 : edit_distance(key, candidate);
  };
  const auto best = std::ranges::min_element(known, {}, distance);
  return distance(*best) <= 1 + key.size() / 3 ? fmt::format("; did you mean '{}'?", *best)
                                               : "; see --help for the settings";
}

}  // namespace hrm::detail
