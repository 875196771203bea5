// Ratings span orders of magnitude. Bands by decimal digits are populated for any data.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hrm::solving {

struct BandKey {
  int digits = 0;  // of the rating; 0 for the rating 0; the largest int for "unknown", which sorts last
  auto operator<=>(const BandKey&) const = default;
};

BandKey band_of(std::optional<int32_t> rating);
std::string band_name(BandKey key);  // "0", "1-9", "10-99", ..., "unknown"

// The numbers of the examples in each band, easiest first; empty if no example has a rating.
using RatingBands = std::map<BandKey, std::vector<int64_t>>;
RatingBands group_by_rating(const std::vector<std::optional<int32_t>>& ratings);

}  // namespace hrm::solving
