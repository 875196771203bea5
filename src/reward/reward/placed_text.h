// A text of tokens with the places at which scores are read, the form in which texts go from layout to scorer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace hrm::reward {

struct PlacedText {
  std::vector<int64_t> ids;
  std::vector<int64_t> places;  // indices of ids, ascending; a score depends on the ids up to its place

  // Of all scores, each alone.
  int64_t token_count() const {
    int64_t count = 0;
    for (const int64_t place : places) count += place + 1;
    return count;
  }
  // Tokens of the first score that needs more than `most`.
  std::optional<int64_t> longer_than(int64_t most) const {
    const auto place = std::ranges::lower_bound(places, most);
    return place == places.end() ? std::nullopt : std::optional(*place + 1);
  }
};

// With one score, at the last id. REQUIRES: ids is not empty.
inline PlacedText placed_at_end(std::vector<int64_t> ids) {
  const auto last = static_cast<int64_t>(ids.size()) - 1;
  return {.ids = std::move(ids), .places = {last}};
}

}  // namespace hrm::reward
