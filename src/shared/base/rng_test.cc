#include "base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace hrm {
namespace {

TEST(Rng, SplitMixEqualsThePublishedSequence) {
  // First outputs of splitmix64 (Vigna) for the seed 1234567.
  constexpr uint64_t kReference[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                     4593380528125082431u, 16408922859458223821u};
  uint64_t state = 1234567;
  for (uint64_t reference : kReference) {
    EXPECT_EQ(splitmix64(state), reference);
    state += 0x9E3779B97F4A7C15u;
  }
}

TEST(Rng, XoshiroEqualsItsReference) {
  // xoshiro256++ from the state 1, 2, 3, 4.
  constexpr uint64_t kReference[] = {
      41943041u, 58720359u, 3588806011781223u, 3591011842654386u, 9228616714210784205u, 9973669472204895162u};
  Rng rng(0);
  rng.set_state({1, 2, 3, 4});
  for (uint64_t reference : kReference) EXPECT_EQ(rng.next(), reference);
}

TEST(Rng, StateResumesTheStream) {
  Rng rng(7);
  for (int i = 0; i < 100; ++i) rng.next();
  Rng other(8);
  other.set_state(rng.state());
  for (int i = 0; i < 100; ++i) ASSERT_EQ(rng.next(), other.next());
}

TEST(Rng, SeedsDifferByEveryCoordinateAndTheirNumber) {
  std::set<uint64_t> seeds;
  size_t count = 0;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    seeds.insert(derive_seed(seed, {}));
    ++count;
    for (uint64_t a = 0; a < 8; ++a) {
      seeds.insert(derive_seed(seed, {a}));
      ++count;
      for (uint64_t b = 0; b < 8; ++b, ++count) seeds.insert(derive_seed(seed, {a, b}));
    }
  }
  EXPECT_EQ(seeds.size(), count);
}

TEST(Rng, BelowIsUniformAndInRange) {
  Rng rng(1);
  constexpr size_t kDraws = 70'000;
  for (uint64_t n : {1u, 2u, 7u}) {
    std::vector<double> counts(n);
    for (size_t i = 0; i < kDraws; ++i) {
      const uint64_t x = rng.below(n);
      ASSERT_LT(x, n);
      ++counts[x];
    }
    const double expected = static_cast<double>(kDraws) / static_cast<double>(n);
    for (double count : counts) EXPECT_NEAR(count, expected, 5 * std::sqrt(expected)) << n;
  }
  const uint64_t huge = (uint64_t{1} << 63) + 1;  // almost half of all draws are rejected
  for (int i = 0; i < 1000; ++i) ASSERT_LT(rng.below(huge), huge);
}

TEST(Rng, UniformIsInTheHalfOpenInterval) {
  Rng rng(2);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double u = rng.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 0.005);
  EXPECT_FALSE(rng.chance(0));
  EXPECT_TRUE(rng.chance(1));
}

struct Moments {
  double mean, deviation, fourth, largest;
};

template <typename Draw>
Moments moments_of(Draw draw) {
  constexpr size_t kDraws = 400'000;
  double sum = 0, squares = 0, fourths = 0, largest = 0;
  for (size_t i = 0; i < kDraws; ++i) {
    const double x = draw();
    sum += x;
    squares += x * x;
    fourths += x * x * x * x;
    largest = std::max(largest, std::fabs(x));
  }
  const double n = kDraws;
  return {sum / n, std::sqrt(squares / n), fourths / n, largest};
}

TEST(Rng, NormalHasTheMomentsOfANormal) {
  Rng rng(3);
  const Moments m = moments_of([&] { return rng.normal(); });
  EXPECT_NEAR(m.mean, 0, 0.008);
  EXPECT_NEAR(m.deviation, 1, 0.006);
  EXPECT_NEAR(m.fourth, 3, 0.09);
  EXPECT_GT(m.largest, 4) << "the tail is missing";
}

TEST(Rng, TruncatedNormalHasDeviationOneAfterTheCut) {
  Rng rng(4);
  const Moments m = moments_of([&] { return rng.truncated_normal(); });
  EXPECT_NEAR(m.mean, 0, 0.008);
  EXPECT_NEAR(m.deviation, 1, 0.005);
  const double edge = 2 / 0.8796256610342398;  // the cut, in units of the deviation it leaves
  EXPECT_LE(m.largest, edge);
  EXPECT_GT(m.largest, 0.999 * edge);
}

TEST(Rng, ShuffleReachesEveryOrderEquallyOften) {
  Rng rng(5);
  std::map<std::vector<int>, double> orders;
  constexpr int kShuffles = 24'000;
  for (int i = 0; i < kShuffles; ++i) {
    std::vector<int> items = {0, 1, 2, 3};
    rng.shuffle(std::span(items));
    ++orders[items];
  }
  EXPECT_EQ(orders.size(), 24u);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, kShuffles / 24.0, 5 * std::sqrt(kShuffles / 24.0));
}

}  // namespace
}  // namespace hrm
