#include "search/particles.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/rng.h"
#include "selection/pick.h"

namespace hrm::search {
namespace {

constexpr uint64_t kStream = 0x7061727469636c65;  // apart from the streams of requests
constexpr double kSurest = 1e-6;

struct Particle {
  int32_t node = 0;
  bool ended = false;  // here; others at the same place may go on
};

std::vector<double> values_of(const SearchTree& tree, const std::vector<Particle>& particles) {
  std::vector<double> values;
  for (const Particle& particle : particles) values.push_back(tree.value(particle.node));
  return values;
}

// One step of every particle that has not ended, those of one place together.
void take_steps(SearchTree& tree, std::vector<Particle>& particles) {
  std::map<int32_t, std::vector<size_t>> places;
  for (size_t i = 0; i < particles.size(); ++i)
    if (!particles[i].ended) places[particles[i].node].push_back(i);
  std::vector<SearchTree::Ask> asks;
  for (const auto& [node, here] : places) asks.push_back({.node = node, .n = std::ssize(here)});
  const auto ways = tree.expand_each(asks);
  auto way = ways.begin();
  for (const auto& [node, here] : places) {
    for (size_t k = 0; k < here.size(); ++k) {
      Particle& particle = particles[here[k]];
      if (const std::optional<int32_t> next = (*way)[k])
        particle.node = *next;
      else
        particle.ended = true;
    }
    ++way;
  }
  // Only now: a choice may also tell that an earlier one, with the same text, was the last.
  for (Particle& particle : particles) particle.ended = particle.ended || tree.ended(particle.node);
}

}  // namespace

std::vector<double> particle_chances(std::span<const double> values, ParticleWeights weights) {
  const double highest = *std::ranges::max_element(values);
  std::vector<double> chances;
  for (const double value : values) {
    if (std::isinf(value) && value < 0) {
      chances.push_back(0);
      continue;
    }
    if (weights == ParticleWeights::kExp) {
      chances.push_back(std::exp(value - highest));
      continue;
    }
    if (!(value >= 0 && value <= 1))
      throw SearchFailed{fmt::format(
          "a value of {:.4g} has no odds: expected 0 to 1; draw particles by exp(v) instead (--particle-weights exp)",
          value)};
    const double sure = std::clamp(value, kSurest, 1 - kSurest);
    chances.push_back(sure / (1 - sure));
  }
  const double sum = std::accumulate(chances.begin(), chances.end(), 0.0);
  for (double& chance : chances) chance = sum > 0 ? chance / sum : 1 / static_cast<double>(values.size());
  return chances;
}

std::vector<size_t> drawn_particles(std::span<const double> chances, std::span<const double> uniforms) {
  std::vector<double> up_to(chances.size());
  std::partial_sum(chances.begin(), chances.end(), up_to.begin());
  // Where rounding leaves the sum below u: the last one that can be drawn.
  const auto last = static_cast<size_t>(
      std::ranges::find_if(chances.rbegin(), chances.rend(), [](double c) { return c > 0; }).base() - chances.begin() -
      1);
  std::vector<size_t> drawn;
  for (const double u : uniforms)
    drawn.push_back(std::min(last, static_cast<size_t>(std::ranges::upper_bound(up_to, u) - up_to.begin())));
  return drawn;
}

int32_t filter_particles(SearchTree& tree, int64_t n, const ParticleSettings& settings) {
  std::vector<Particle> particles(static_cast<size_t>(n));
  const steps::NodeId root = tree.root_id();  // a copy: the tree grows
  for (uint64_t round = 0;; ++round) {
    if (std::ranges::all_of(particles, &Particle::ended)) break;
    if (round > 0) {
      Rng rng(settings.seed, {root.high, root.low, kStream, static_cast<uint64_t>(n), round});
      std::vector<double> uniforms(particles.size());
      for (double& u : uniforms) u = rng.uniform();
      std::vector<Particle> next;
      for (const size_t j : drawn_particles(particle_chances(values_of(tree, particles), settings.weights), uniforms))
        next.push_back(particles[j]);
      particles = std::move(next);
      if (std::ranges::all_of(particles, &Particle::ended)) break;
    }
    take_steps(tree, particles);
  }
  return particles[selection::pick_best(values_of(tree, particles))].node;
}

}  // namespace hrm::search
