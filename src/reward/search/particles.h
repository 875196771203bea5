// Particle filtering (Puri, Sudalairaj, Xu, Xu and Srivastava 2025, "A probabilistic inference approach to
// inference-time scaling of LLMs using particle-based Monte Carlo methods", arXiv 2502.01618, algorithm 1).
//
// N particles are partial solutions. Until all have ended, in rounds t = 1, 2, ...:
//   v_i      = the aggregate of the step scores of particle i
//   theta_i  = w_i / (w_1 + ... + w_N),  w = v / (1 - v) (odds: the softmax of the scores' logits) or exp(v)
//   j_1..j_N ~ theta, independently (multinomial), and particle i becomes a copy of particle j_i; not before the first
//              step, where all are equal
//   each particle that has not ended takes one more step, sampled from the policy
// The result is the particle of the highest v, the first of equals. Ended particles are drawn too: copies of them take
// the places of others. The odds are of v within [1e-6, 1 - 1e-6], so that a scorer that is sure decides and does not
// divide by zero. A particle that ended without any step has the weight 0, unless all have it.
//
// Deviation: particles at one place make one request, whose choices they take in their order; identical choices are one
// node, scored once, and as many particles. The draws of round t come from the stream (seed, id of the root, N, t):
// they depend on nothing else.
#pragma once

#include <span>
#include <vector>

#include "search/search_tree.h"

namespace hrm::search {

// theta of these values; all equal where every weight is 0. -infinity: no step has been taken. Throws SearchFailed for
// odds of a value outside [0, 1].
std::vector<double> particle_chances(std::span<const double> values, ParticleWeights weights);

// For each uniform number u in [0, 1) the first j with theta_0 + ... + theta_j > u. REQUIRES: at least one chance, their
// sum is 1 up to rounding.
std::vector<size_t> drawn_particles(std::span<const double> chances, std::span<const double> uniforms);

struct ParticleSettings {
  ParticleWeights weights = ParticleWeights::kOdds;
  uint64_t seed = 0;
};
// The node at which the best particle ended. REQUIRES: n >= 1, a tree of nothing but its root. Throws SearchFailed.
int32_t filter_particles(SearchTree& tree, int64_t n, const ParticleSettings& settings);

}  // namespace hrm::search
