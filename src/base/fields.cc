#include "base/fields.h"

#include <algorithm>
#include <numeric>

namespace hrm::detail {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {  // Levenshtein, one row at a time
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

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
