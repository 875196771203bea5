// The random numbers of an example: the same for every backend, batch and thread count.
#pragma once

#include <cstdint>
#include <span>

namespace hrm::model {

// What a draw is for; part of its stream's coordinates.
enum class NoiseUse : uint64_t { kInitialH = 1, kInitialL, kCall, kSegment };

struct NoiseKey {
  uint64_t seed = 0;  // Batch::noise_seeds[b]
  NoiseUse use = NoiseUse::kCall;
  uint64_t index = 0;  // number of the call within the segment, or of the chain
};

void fill_normal(const NoiseKey& key, std::span<float> values);            // N(0, 1)
void fill_truncated_normal(const NoiseKey& key, std::span<float> values);  // cut at +-2, rescaled to deviation 1

}  // namespace hrm::model
