#include "solving/rating_bands.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace hrm::solving {
namespace {

constexpr int kUnknown = std::numeric_limits<int>::max();

}  // namespace

BandKey band_of(std::optional<int32_t> rating) {
  if (!rating || *rating < 0) return {kUnknown};
  int digits = 0;
  for (int32_t rest = *rating; rest > 0; rest /= 10) ++digits;
  return {digits};
}

std::string band_name(BandKey key) {
  if (key.digits == kUnknown) return "unknown";
  if (key.digits == 0) return "0";
  const auto low = static_cast<int64_t>(std::llround(std::pow(10.0, key.digits - 1)));
  return fmt::format("{}-{}", low, low * 10 - 1);
}

RatingBands group_by_rating(const std::vector<std::optional<int32_t>>& ratings) {
  RatingBands bands;
  for (size_t i = 0; i < ratings.size(); ++i) bands[band_of(ratings[i])].push_back(static_cast<int64_t>(i));
  if (bands.size() == 1 && bands.begin()->first.digits == kUnknown) bands.clear();
  return bands;
}

}  // namespace hrm::solving
