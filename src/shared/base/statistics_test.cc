#include "base/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hrm {
namespace {

TEST(Wilson95, EqualsPublishedValues) {
  // Newcombe 1998, table I: the score method without continuity correction.
  const struct {
    uint64_t successes, n;
    double low, high;
  } kTable[] = {{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0.0000, 0.1611}, {1, 29, 0.0061, 0.1718}};
  for (const auto& row : kTable) {
    const Interval interval = wilson95(row.successes, row.n);
    EXPECT_NEAR(interval.low, row.low, 5e-5) << row.successes << "/" << row.n;
    EXPECT_NEAR(interval.high, row.high, 5e-5) << row.successes << "/" << row.n;
  }
}

TEST(Wilson95, StaysInsideAndIsSymmetric) {
  EXPECT_EQ(wilson95(0, 0).low, 0);
  EXPECT_EQ(wilson95(0, 0).high, 1);
  for (uint64_t n : {1u, 2u, 10u, 500u, 1'000'000u}) {
    for (uint64_t k : {uint64_t{0}, uint64_t{1}, n / 2, n}) {
      const Interval a = wilson95(k, n), b = wilson95(n - k, n);
      const double p = static_cast<double>(k) / static_cast<double>(n);
      EXPECT_GE(a.low, 0);
      EXPECT_LE(a.high, 1);
      EXPECT_LE(a.low, p + 1e-12);
      EXPECT_GE(a.high, p - 1e-12);
      EXPECT_NEAR(a.low, 1 - b.high, 1e-12);
    }
  }
}

TEST(Mean95, EqualsTheFormula) {
  // 1, 2, 3, 4: mean 2.5, deviation sqrt(5/3).
  const Interval interval = mean95(10, 30, 4);
  const double half = 1.959963984540054 * std::sqrt(5.0 / 3.0 / 4.0);
  EXPECT_NEAR(interval.low, 2.5 - half, 1e-12);
  EXPECT_NEAR(interval.high, 2.5 + half, 1e-12);
}

TEST(Mean95, FewOrEqualValuesDegenerate) {
  EXPECT_EQ(mean95(0, 0, 0).low, 0);
  EXPECT_EQ(mean95(3, 9, 1).low, 3);
  EXPECT_EQ(mean95(3, 9, 1).high, 3);
  const double x = 0.1;  // rounding must not give the square root of a negative variance
  const Interval same = mean95(1000 * x, 1000 * x * x, 1000);
  EXPECT_NEAR(same.low, x, 1e-7);
  EXPECT_NEAR(same.high, x, 1e-7);
}

TEST(Bootstrap95, OfAMeanIsNearTheNormalInterval) {
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) values.push_back(i % 4 == 0);
  const auto mean = [&](std::span<const uint32_t> counts) -> std::optional<double> {
    double sum = 0;
    for (size_t i = 0; i < counts.size(); ++i) sum += counts[i] * values[i];
    return sum / static_cast<double>(counts.size());
  };
  const Interval drawn = bootstrap95(values.size(), 4000, 1, mean), normal = mean_of(values).interval;
  EXPECT_NEAR(drawn.low, normal.low, 0.004);
  EXPECT_NEAR(drawn.high, normal.high, 0.004);
  const Interval again = bootstrap95(values.size(), 4000, 1, mean);
  EXPECT_EQ(again.low, drawn.low);
  EXPECT_NE(bootstrap95(values.size(), 4000, 2, mean).low, drawn.low);
}

TEST(Bootstrap95, DrawsWithoutAValueAreLeftOut) {
  const auto rare = [](std::span<const uint32_t> counts) {
    return counts[0] == 0 ? std::nullopt : std::optional<double>(7);
  };
  const Interval interval = bootstrap95(3, 100, 1, rare);
  EXPECT_EQ(interval.low, 7);
  EXPECT_EQ(interval.high, 7);
  EXPECT_EQ(bootstrap95(3, 100, 1, [](auto) { return std::nullopt; }).high, 0);
  EXPECT_EQ(bootstrap95(0, 100, 1, rare).high, 0);
}

TEST(McnemarExact, EqualsTheBinomial) {
  EXPECT_EQ(mcnemar_exact(0, 0), 1);
  EXPECT_EQ(mcnemar_exact(3, 3), 1);
  EXPECT_NEAR(mcnemar_exact(0, 5), 2.0 / 32, 1e-12);
  EXPECT_NEAR(mcnemar_exact(2, 8), 2.0 * (1 + 10 + 45) / 1024, 1e-12);
  EXPECT_EQ(mcnemar_exact(8, 2), mcnemar_exact(2, 8));
}

TEST(Auc, CountsPairsWithTiesHalf) {
  const std::vector<double> scores{0.1, 0.4, 0.4, 0.8, 0.2};
  const std::vector<uint8_t> classes{0, 1, 0, 1, 0};
  const AucCounter auc(scores, classes);
  // Pairs: 0.4 beats 0.1 and 0.2, ties 0.4; 0.8 beats all three.
  EXPECT_DOUBLE_EQ(*auc.area(), 5.5 / 6);
  EXPECT_DOUBLE_EQ(*auc.area([](size_t i) { return i == 2 ? 3u : 1u; }), (2 + 1.5 + 5) / 10);
  EXPECT_FALSE(auc.area([&](size_t i) { return classes[i]; }).has_value());
}

TEST(Statistics, MeanOfRunsHasStudentsInterval) {
  // Quantiles 12.706, 4.303, 2.776 of t with 1, 2 and 4 degrees of freedom.
  for (const auto& [runs, t] : std::vector<std::pair<size_t, double>>{{2, 12.7062}, {3, 4.30265}, {5, 2.77645}}) {
    std::vector<double> values(runs, 0.5);
    values.front() = 0.4;
    values.back() = 0.6;
    const Estimate mean = mean_of_runs(values);
    const double half = t * std::sqrt(0.02 / static_cast<double>(runs - 1) / static_cast<double>(runs));
    EXPECT_NEAR(mean.value, 0.5, 1e-12);
    EXPECT_NEAR(mean.interval.high, 0.5 + half, 1e-4);
    EXPECT_NEAR(mean.interval.low, 0.5 - half, 1e-4);
    EXPECT_EQ(mean.n, runs);
  }
}

TEST(Statistics, AnEstimateAsJsonHasItsIntervalAndCases) {
  EXPECT_EQ(printable(to_json(Estimate{.value = 0.5, .interval = {0.25, 0.75}, .n = 8})),
            R"({"value":0.5,"low":0.25,"high":0.75,"n":8})");
}

TEST(Statistics, MeanOverUnits) {
  const Estimate mean = mean_over_units(std::vector<double>{3, 0, 1}, std::vector<uint64_t>{3, 0, 1}, 50, 1);
  EXPECT_EQ(mean.value, 1);
  EXPECT_EQ(mean.interval.low, 1);
  EXPECT_EQ(mean.n, 4u);
  EXPECT_EQ(mean_over_units({}, {}, 50, 1).n, 0u);
}

}  // namespace
}  // namespace hrm
