#include "tree/labeled.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace hrm::tree {
namespace {

TEST(EqualNoise, HasTheSizesOfTheChangesElsewhere) {
  Values labels = {0.5}, changed = {0.5};  // the root
  Rng rng(3);
  for (int i = 0; i < 200; ++i) {
    labels.push_back(i % 4 == 0 ? std::optional(0.0) : i % 4 == 1 ? std::nullopt : std::optional(rng.uniform()));
    changed.push_back(labels.back());
    if (i % 8 == 2) *changed.back() = *labels.back() < 0.5 ? *labels.back() + 0.25 : *labels.back() - 0.25;
  }
  const Values noisy = with_equal_noise(labels, changed, Rng(5));
  ASSERT_EQ(noisy.size(), labels.size());
  EXPECT_EQ(noisy[0], labels[0]);
  std::vector<size_t> places;
  for (size_t i = 1; i < labels.size(); ++i) {
    ASSERT_EQ(noisy[i].has_value(), labels[i].has_value());
    if (noisy[i] == labels[i]) continue;
    EXPECT_NEAR(std::abs(*noisy[i] - *labels[i]), 0.25, 1e-12);
    EXPECT_NE(*labels[i], 0);
    places.push_back(i);
  }
  EXPECT_EQ(places.size(), 25u);
  EXPECT_FALSE(std::ranges::all_of(places, [&](size_t i) { return changed[i] != labels[i]; }));
  EXPECT_EQ(with_equal_noise(labels, changed, Rng(5)), noisy);
  EXPECT_NE(with_equal_noise(labels, changed, Rng(6)), noisy);
}

}  // namespace
}  // namespace hrm::tree
