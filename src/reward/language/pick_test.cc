#include "language/pick.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/rng.h"

namespace hrm::language {
namespace {

const std::vector<float> kProbabilities = {0.1F, 0.4F, 0.0F, 0.2F, 0.2F, 0.1F};

std::vector<double> shares(const std::vector<float>& probabilities, const Sampling& sampling, int64_t draws) {
  Picker picker;
  Rng rng(5);
  std::vector<double> counts(probabilities.size(), 0);
  for (int64_t i = 0; i < draws; ++i) {
    const int32_t id = picker.pick(probabilities, sampling, rng.uniform());
    counts[static_cast<size_t>(id)] += 1;
  }
  for (double& count : counts) count /= static_cast<double>(draws);
  return counts;
}

void expect_shares(const std::vector<double>& found, const std::vector<double>& wanted, int64_t draws) {
  for (size_t i = 0; i < wanted.size(); ++i)
    EXPECT_NEAR(found[i], wanted[i], 5 * std::sqrt(wanted[i] * (1 - wanted[i]) / static_cast<double>(draws)) + 1e-12)
        << i;
}

TEST(Pick, DrawsByTheProbabilities) {
  expect_shares(shares(kProbabilities, {}, 40'000), {0.1, 0.4, 0, 0.2, 0.2, 0.1}, 40'000);
}

TEST(Pick, TopKKeepsTheLikeliestAndTiesGoById) {
  expect_shares(shares(kProbabilities, {.top_k = 2}, 40'000), {0, 2 / 3.0, 0, 1 / 3.0, 0, 0}, 40'000);
  expect_shares(shares(kProbabilities, {.top_k = 99}, 40'000), {0.1, 0.4, 0, 0.2, 0.2, 0.1}, 40'000);
}

TEST(Pick, TopPKeepsTheFewestThatMakeUpTheShare) {
  expect_shares(shares(kProbabilities, {.top_p = 0.5}, 40'000), {0, 2 / 3.0, 0, 1 / 3.0, 0, 0}, 40'000);
  expect_shares(shares(kProbabilities, {.top_p = 0.7}, 40'000), {0, 0.5, 0, 0.25, 0.25, 0}, 40'000);
  expect_shares(shares(kProbabilities, {.top_p = 0}, 1000), {0, 1, 0, 0, 0, 0}, 1000);
  // Of the two that top_k leaves, 0.6 of their sum is the first alone.
  expect_shares(shares(kProbabilities, {.top_k = 2, .top_p = 0.6}, 1000), {0, 1, 0, 0, 0, 0}, 1000);
}

// A distribution over more tokens than are sorted at once, against the definition.
TEST(Pick, TopPOverALargeVocabularyIsTheDefinition) {
  Rng rng(3);
  std::vector<float> probabilities(5000);
  for (float& p : probabilities) p = static_cast<float>(rng.uniform());
  std::vector<int32_t> order(probabilities.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int32_t>(i);
  std::ranges::sort(order, [&](int32_t a, int32_t b) {
    return probabilities[static_cast<size_t>(a)] > probabilities[static_cast<size_t>(b)];
  });
  double all = 0;
  for (const float p : probabilities) all += p;
  for (const double top_p : {0.001, 0.05, 0.5, 0.95}) {
    double sum = 0;
    size_t kept = 0;
    while (sum < top_p * all) sum += probabilities[static_cast<size_t>(order[kept++])];
    Picker picker;
    for (const double u : {0.0, 0.3, 0.999999}) {
      double running = 0;
      size_t at = 0;
      while ((running += probabilities[static_cast<size_t>(order[at])]) <= u * sum) ++at;
      EXPECT_EQ(picker.pick(probabilities, {.top_p = top_p}, u), order[at]) << top_p << " " << u;
    }
  }
}

// The probabilities need not add up to 1, and draws by blocks of ids are those by the definition.
TEST(Pick, AllOfALargeVocabularyIsTheDefinition) {
  Rng rng(4);
  std::vector<float> weights(5000, 0.0F);
  for (size_t i = 700; i < 4000; ++i) weights[i] = static_cast<float>(std::exp(3 * rng.normal()));
  double all = 0;
  for (const float w : weights) all += w;
  Picker picker;
  for (int i = 0; i < 2000; ++i) {
    const double u = i == 0 ? 0 : i == 1 ? std::nextafter(1.0, 0.0) : rng.uniform();
    double running = 0;
    size_t at = 0;
    while ((running += weights[at]) <= u * all && at < 3999) ++at;
    EXPECT_EQ(picker.pick(weights, {}, u), static_cast<int32_t>(at)) << u;
  }
}

TEST(Pick, TopKOfALargeVocabularyIsTheDefinition) {
  Rng rng(6);
  std::vector<float> weights(5000);
  for (float& w : weights) w = static_cast<float>(std::exp(3 * rng.normal()));
  std::vector<float> ordered = weights;
  std::ranges::sort(ordered, std::greater());
  Picker picker;
  for (const int64_t k : {1, 50, 700})
    for (const double top_p : {1.0, 0.9}) {
      double all = 0, sum = 0;
      for (int64_t i = 0; i < k; ++i) all += ordered[static_cast<size_t>(i)];
      size_t kept = 0;
      while (kept < static_cast<size_t>(k) && sum < top_p * all) sum += ordered[kept++];
      for (const double u : {0.0, 0.5, 0.9999}) {
        double running = 0;
        size_t at = 0;
        while ((running += ordered[at]) <= u * sum) ++at;
        const int32_t drawn = picker.pick(weights, {.top_k = k, .top_p = top_p}, u);
        EXPECT_EQ(weights[static_cast<size_t>(drawn)], ordered[at]) << k << " " << top_p << " " << u;
      }
    }
}

TEST(Pick, NeverATokenOfProbabilityZero) {
  const std::vector<float> probabilities = {0, 0.3F, 0.7F, 0};
  Picker picker;
  EXPECT_EQ(picker.pick(probabilities, {}, 0), 1);
  EXPECT_EQ(picker.pick(probabilities, {}, std::nextafter(1.0, 0.0)), 2);
}

TEST(Pick, SettingsOutOfRangeAreRefused) {
  EXPECT_THROW(Sampling{.temperature = -1}.validate(), Error);
  EXPECT_THROW(Sampling{.temperature = NAN}.validate(), Error);
  EXPECT_THROW(Sampling{.top_k = -1}.validate(), Error);
  EXPECT_THROW(Sampling{.top_p = 1.5}.validate(), Error);
  EXPECT_NO_THROW(Sampling{}.validate());
}

}  // namespace
}  // namespace hrm::language
