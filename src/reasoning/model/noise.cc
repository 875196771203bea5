#include "model/noise.h"

#include "base/rng.h"

namespace hrm::model {
namespace {

Rng stream(const NoiseKey& key) { return Rng(key.seed, {static_cast<uint64_t>(key.use), key.index}); }

}  // namespace

void fill_normal(const NoiseKey& key, std::span<float> values) {
  Rng rng = stream(key);
  for (float& value : values) value = static_cast<float>(rng.normal());
}

void fill_truncated_normal(const NoiseKey& key, std::span<float> values) {
  Rng rng = stream(key);
  for (float& value : values) value = static_cast<float>(rng.truncated_normal());
}

}  // namespace hrm::model
