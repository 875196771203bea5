// Random streams: one seed for the whole program, one independent stream per task.
//
// A task (a puzzle, an epoch, a batch row) derives its stream from the seed and its own coordinates, never from the
// order in which threads reach it: `Rng rng(seed, {kAugment, puzzle})`. So the thread count never changes data.
// Generator: xoshiro256++ (Blackman and Vigna, 2019), seeded through splitmix64.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>

namespace hrm {

// Mixes 64 bits; splitmix64's output function after adding its increment 0x9E3779B97F4A7C15.
uint64_t splitmix64(uint64_t x);

// A seed for the task at these coordinates. Differs when any coordinate, or their number, differs.
uint64_t derive_seed(uint64_t seed, std::initializer_list<uint64_t> coordinates);

class Rng {
 public:
  using State = std::array<uint64_t, 4>;

  explicit Rng(uint64_t seed);
  Rng(uint64_t seed, std::initializer_list<uint64_t> coordinates) : Rng(derive_seed(seed, coordinates)) {}

  uint64_t next();
  uint64_t below(uint64_t n);  // uniform in [0, n), unbiased. REQUIRES: n > 0
  double uniform();            // [0, 1), 53 bits
  bool chance(double p) { return uniform() < p; }
  double normal();  // standard normal, by inversion of one uniform
  // Standard normal cut at +-2 and rescaled to standard deviation 1: the authors' truncated normal, whose deviation
  // is `stddev` after truncation.
  double truncated_normal();

  template <typename T>
  void shuffle(std::span<T> items) {  // Fisher-Yates
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  const State& state() const { return state_; }
  void set_state(const State& state) { state_ = state; }

 private:
  State state_;
};

}  // namespace hrm
