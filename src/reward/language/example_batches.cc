#include "language/example_batches.h"

#include <algorithm>
#include <numeric>

#include "base/rng.h"

namespace hrm::language {

namespace {
constexpr uint64_t kOrder = 0x6f72646572;  // stream of the order
}

void ExampleBatches::begin_epoch(uint64_t epoch) {
  epoch_ = epoch;
  order_.resize(examples_.size());
  std::iota(order_.begin(), order_.end(), size_t{0});
  Rng rng(seed_, {kOrder, epoch});
  rng.shuffle(std::span(order_));
  bounds_.clear();
  for (size_t begin = 0; begin < order_.size(); begin += kPoolBatches * batch_size_) {
    const size_t end = std::min(order_.size(), begin + kPoolBatches * batch_size_);
    std::ranges::stable_sort(order_.begin() + static_cast<ptrdiff_t>(begin),
                             order_.begin() + static_cast<ptrdiff_t>(end), std::greater(),
                             [&](size_t i) { return examples_[i].ids.size(); });
    for (size_t at = begin; at < end; at += batch_size_) bounds_.emplace_back(at, std::min(end, at + batch_size_));
  }
  rng.shuffle(std::span(bounds_));
}

std::span<const size_t> ExampleBatches::batch(uint64_t step) {
  if (const uint64_t epoch = (step - 1) / per_epoch(); epoch != epoch_) begin_epoch(epoch);
  const auto [begin, end] = bounds_[(step - 1) % per_epoch()];
  return std::span<const size_t>(order_).subspan(begin, end - begin);
}

std::vector<std::vector<size_t>> micro_batches(std::span<const Example> examples, std::span<const size_t> batch,
                                               uint64_t tokens) {
  std::vector<size_t> sorted(batch.begin(), batch.end());
  std::ranges::stable_sort(sorted, std::greater(), [&](size_t i) { return examples[i].ids.size(); });
  std::vector<std::vector<size_t>> parts;
  for (const size_t i : sorted) {
    const bool full =
        !parts.empty() && tokens > 0 && (parts.back().size() + 1) * examples[parts.back().front()].ids.size() > tokens;
    if (parts.empty() || full) parts.emplace_back();
    parts.back().push_back(i);
  }
  return parts;
}

}  // namespace hrm::language
