#include "selection/pick.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <vector>

namespace hrm::selection {
namespace {

// C(m, n) / C(s, n), for m <= s.
double subset_chance(uint64_t m, uint64_t s, uint64_t n) {
  if (m < n) return 0;
  double chance = 1;
  for (uint64_t i = 0; i < n; ++i) chance *= static_cast<double>(m - i) / static_cast<double>(s - i);
  return chance;
}

double mean_of_flags(std::span<const uint8_t> flags) {
  return static_cast<double>(std::accumulate(flags.begin(), flags.end(), uint64_t{0})) /
         static_cast<double>(flags.size());
}

}  // namespace

size_t pick_best(std::span<const double> aggregates) {
  assert(!aggregates.empty());
  return static_cast<size_t>(std::ranges::max_element(aggregates) - aggregates.begin());
}

size_t pick_by_vote(std::span<const int32_t> groups, std::span<const double> weights) {
  assert(!groups.empty() && (weights.empty() || weights.size() == groups.size()));
  struct Sum {
    double votes = 0;
    size_t first = 0;
    bool seen = false;
  };
  std::vector<Sum> sums(static_cast<size_t>(*std::ranges::max_element(groups) + 1));
  for (size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] == kNoAnswer) continue;
    Sum& sum = sums[static_cast<size_t>(groups[i])];
    if (!sum.seen) sum.first = i, sum.seen = true;
    sum.votes += weights.empty() ? 1 : weights[i];
  }
  const Sum* winner = nullptr;
  for (const Sum& sum : sums) {
    if (!sum.seen) continue;
    const bool wins = !winner || sum.votes > winner->votes || (sum.votes == winner->votes && sum.first < winner->first);
    if (wins) winner = &sum;
  }
  return winner ? winner->first : 0;
}

double pass_at(uint64_t n, uint64_t samples, uint64_t correct) {
  assert(n >= 1 && n <= samples && correct <= samples);
  return 1 - subset_chance(samples - correct, samples, n);
}

double expected_best(uint64_t n, std::span<const double> aggregates, std::span<const uint8_t> correct) {
  const size_t samples = aggregates.size();
  assert(n >= 1 && n <= samples && correct.size() == samples);
  std::vector<size_t> order(samples);
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return aggregates[i]; });
  double expected = 0, below = 0;
  for (size_t begin = 0, end = 0; begin < samples; begin = end) {  // one run of equal values at a time
    uint64_t right = 0;
    for (; end < samples && aggregates[order[end]] == aggregates[order[begin]]; ++end) right += correct[order[end]];
    const double up_to = subset_chance(end, samples, n);
    expected += (up_to - below) * static_cast<double>(right) / static_cast<double>(end - begin);
    below = up_to;
  }
  return expected;
}

double expected_vote(uint64_t n, const Voters& voters, uint64_t draws, Rng& rng) {
  const auto& [groups, weights, correct] = voters;
  const size_t samples = groups.size();
  assert(n >= 1 && n <= samples && correct.size() == samples && draws > 0);
  if (n == 1) return mean_of_flags(correct);
  std::vector<size_t> order(samples);
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<int32_t> drawn_groups(n);
  std::vector<double> drawn_weights(weights.empty() ? 0 : n);
  uint64_t right = 0;
  for (uint64_t draw = 0; draw < draws; ++draw) {
    for (size_t i = 0; i < n; ++i) {
      std::swap(order[i], order[i + rng.below(samples - i)]);
      drawn_groups[i] = groups[order[i]];
      if (!weights.empty()) drawn_weights[i] = weights[order[i]];
    }
    right += correct[order[pick_by_vote(drawn_groups, drawn_weights)]];
  }
  return static_cast<double>(right) / static_cast<double>(draws);
}

}  // namespace hrm::selection
