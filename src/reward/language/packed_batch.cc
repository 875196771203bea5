#include "language/packed_batch.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "torch/host.h"

namespace hrm::language {

PackedBatch pack(std::span<const Example> examples, std::span<const size_t> part, bool trials, at::Device device) {
  size_t length = 0;
  for (const size_t i : part) length = std::max(length, examples[i].ids.size());
  std::vector<int64_t> ids(part.size() * length, 0), positions;
  std::vector<float> values, counts, weights;
  for (size_t row = 0; row < part.size(); ++row) {
    const Example& example = examples[part[row]];
    std::ranges::copy(example.ids, ids.begin() + static_cast<ptrdiff_t>(row * length));
    for (const Target& target : example.targets) {
      positions.push_back(static_cast<int64_t>(row * length) + target.position);
      values.push_back(target.value);
      counts.push_back(target.trials);
      weights.push_back(example.weight);
    }
  }
  const auto flat = [&]<typename T>(const std::vector<T>& all) {
    return torch::to_aten(std::span<const T>(all), {static_cast<int64_t>(all.size())}, device);
  };
  return {.ids = flat(ids).view({static_cast<int64_t>(part.size()), static_cast<int64_t>(length)}),
          .positions = flat(positions),
          .targets = {.values = flat(values), .trials = trials ? flat(counts) : at::Tensor()},
          .weights = flat(weights)};
}

}  // namespace hrm::language
