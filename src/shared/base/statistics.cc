#include "base/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/beta.h"
#include "base/rng.h"

namespace hrm {
namespace {

constexpr double kZ = 1.959963984540054;  // 97.5 % point of the standard normal

}  // namespace

Interval wilson95(uint64_t successes, uint64_t n) {
  assert(successes <= n);
  const auto count = static_cast<double>(n);
  return n == 0 ? Interval{} : wilson95_of(static_cast<double>(successes) / count, count);
}

Interval wilson95_of(double p, double count) {
  if (count <= 0) return {};
  const double z2 = kZ * kZ;
  const double center = (p + z2 / (2 * count)) / (1 + z2 / count);
  const double half = kZ / (1 + z2 / count) * std::sqrt(p * (1 - p) / count + z2 / (4 * count * count));
  return {std::max(0.0, center - half), std::min(1.0, center + half)};
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const size_t n = values.size();
  return n == 0 ? 0 : (values[(n - 1) / 2] + values[n / 2]) / 2;
}

Interval mean95(double sum, double sum_of_squares, uint64_t n) {
  if (n == 0) return {0, 0};
  const auto count = static_cast<double>(n);
  const double mean = sum / count;
  if (n < 2) return {mean, mean};
  const double variance = std::max(0.0, (sum_of_squares - sum * mean) / (count - 1));
  const double half = kZ * std::sqrt(variance / count);
  return {mean - half, mean + half};
}

Json to_json(const Estimate& estimate) {
  return {
      {"value", estimate.value}, {"low", estimate.interval.low}, {"high", estimate.interval.high}, {"n", estimate.n}};
}

Estimate share_of(uint64_t successes, uint64_t n) {
  return {n ? static_cast<double>(successes) / static_cast<double>(n) : 0, wilson95(successes, n), n};
}

Estimate mean_of(std::span<const double> values) {
  double sum = 0, sum_of_squares = 0;
  for (const double v : values) sum += v, sum_of_squares += v * v;
  return {values.empty() ? 0 : sum / static_cast<double>(values.size()), mean95(sum, sum_of_squares, values.size()),
          values.size()};
}

Estimate mean_of_runs(std::span<const double> runs) {
  assert(runs.size() >= 2);
  const auto count = static_cast<double>(runs.size());
  double mean = 0, squares = 0;
  for (const double v : runs) mean += v / count;
  for (const double v : runs) squares += (v - mean) * (v - mean);
  // Of t with d degrees of freedom, d / (d + t^2) is Beta(d / 2, 1 / 2).
  const double x = beta_quantile(0.05, (count - 1) / 2, 0.5);
  const double t = std::sqrt((count - 1) * (1 / x - 1));
  const double half = t * std::sqrt(squares / (count - 1) / count);
  return {mean, {mean - half, mean + half}, runs.size()};
}

Interval bootstrap95(uint64_t n, uint64_t draws, uint64_t seed,
                     const std::function<std::optional<double>(std::span<const uint32_t>)>& statistic) {
  if (n == 0) return {0, 0};
  std::vector<double> values;
  std::vector<uint32_t> counts(n);
  for (uint64_t draw = 0; draw < draws; ++draw) {
    Rng rng(seed, {draw});
    std::ranges::fill(counts, 0);
    for (uint64_t i = 0; i < n; ++i) ++counts[rng.below(n)];
    if (const auto value = statistic(counts)) values.push_back(*value);
  }
  if (values.empty()) return {0, 0};
  std::ranges::sort(values);
  const auto point = [&](double p) {  // linear between order statistics
    const double at = p * static_cast<double>(values.size() - 1);
    const auto below = static_cast<size_t>(at);
    const size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {point(0.025), point(0.975)};
}

Estimate mean_over_units(std::span<const double> sums, std::span<const uint64_t> counts, uint64_t draws,
                         uint64_t seed) {
  assert(sums.size() == counts.size());
  uint64_t cases = 0;
  double total = 0;
  for (size_t u = 0; u < sums.size(); ++u) cases += counts[u], total += sums[u];
  if (cases == 0) return {};
  const auto mean = [&](std::span<const uint32_t> drawn) -> std::optional<double> {
    double sum = 0, count = 0;
    for (size_t u = 0; u < sums.size(); ++u) {
      sum += drawn[u] * sums[u];
      count += drawn[u] * static_cast<double>(counts[u]);
    }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
  };
  return {total / static_cast<double>(cases), bootstrap95(sums.size(), draws, seed, mean), cases};
}

double mcnemar_exact(uint64_t only_first, uint64_t only_second) {
  const uint64_t n = only_first + only_second, least = std::min(only_first, only_second);
  const auto log_factorial = [](uint64_t k) { return log_gamma(static_cast<double>(k) + 1); };
  double tail = 0;
  for (uint64_t k = 0; k <= least; ++k)
    tail += std::exp(log_factorial(n) - log_factorial(k) - log_factorial(n - k) - static_cast<double>(n) * M_LN2);
  return std::min(1.0, 2 * tail);
}

AucCounter::AucCounter(std::span<const double> scores, std::span<const uint8_t> classes) {
  assert(scores.size() == classes.size());
  sorted_.reserve(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) sorted_.push_back({scores[i], i, classes[i] != 0});
  std::ranges::stable_sort(sorted_, {}, &Case::score);
}

std::optional<double> AucCounter::area() const {
  return area([](size_t) { return 1; });
}

std::optional<double> AucCounter::area(const std::function<uint32_t(size_t)>& weight) const {
  double negatives = 0, positives = 0, wins = 0;
  for (size_t i = 0; i < sorted_.size();) {
    double tied_negatives = 0, tied_positives = 0;
    const double score = sorted_[i].score;
    for (; i < sorted_.size() && sorted_[i].score == score; ++i)
      (sorted_[i].positive ? tied_positives : tied_negatives) += weight(sorted_[i].index);
    wins += tied_positives * (negatives + tied_negatives / 2);
    negatives += tied_negatives;
    positives += tied_positives;
  }
  if (negatives == 0 || positives == 0) return std::nullopt;
  return wins / (negatives * positives);
}

}  // namespace hrm
