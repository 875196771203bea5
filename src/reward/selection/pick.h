// Picks one of N sampled solutions, and computes the expected result of picking from a random subset.
//
// Ties go to the first: the lowest index, or the answer that was seen first, represented by its first sample. Samples
// are exchangeable, so this is unbiased.
#pragma once

#include <cstdint>
#include <span>

#include "base/rng.h"

namespace hrm::selection {

constexpr int32_t kNoAnswer = -1;  // as an answer's group: it has no vote while any other sample has one

// The index with the highest value, the first of equals. REQUIRES: at least one.
size_t pick_best(std::span<const double> aggregates);

// The first sample of the answer with the largest sum of weights, summed in order; without weights each counts 1 (a
// majority vote). groups[i] < 64 Ki names the answer of sample i. REQUIRES: at least one; weights absent or as many.
size_t pick_by_vote(std::span<const int32_t> groups, std::span<const double> weights);

// pass@n (Chen et al. 2021, arXiv 2107.03374): the chance that a random subset of n of the samples holds a correct one,
// 1 - C(s - c, n) / C(s, n). REQUIRES: 1 <= n <= samples, correct <= samples.
double pass_at(uint64_t n, uint64_t samples, uint64_t correct);

// The chance that the best of a random subset of n samples is correct, ties at the top broken evenly. By order
// statistics: with m samples of at most value v, all of the subset are at most v with chance C(m, n) / C(s, n).
// REQUIRES: 1 <= n <= samples, as many flags as aggregates.
double expected_best(uint64_t n, std::span<const double> aggregates, std::span<const uint8_t> correct);

// Samples that vote, as in pick_by_vote().
struct Voters {
  std::span<const int32_t> groups;
  std::span<const double> weights;  // absent or as many
  std::span<const uint8_t> correct;
};

// The same for a vote, by `draws` random subsets in random order (there is no closed form); exact for n = 1.
double expected_vote(uint64_t n, const Voters& voters, uint64_t draws, Rng& rng);

}  // namespace hrm::selection
