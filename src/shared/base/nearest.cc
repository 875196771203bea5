#include "base/nearest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace hrm {

size_t edit_distance(std::string_view a, std::string_view b) {  // one row of the table at a time
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

std::optional<std::string> nearest_name(std::string_view typed, std::span<const std::string> known) {
  if (known.empty()) return std::nullopt;
  const auto distance = [&](const std::string& name) { return edit_distance(typed, name); };
  const auto best = std::ranges::min_element(known, {}, distance);
  if (distance(*best) > 1 + typed.size() / 3) return std::nullopt;
  return *best;
}

}  // namespace hrm
