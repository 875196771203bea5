#include "puzzles/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"

namespace hrm::puzzles {
namespace {

// Streams of the sampler's seed.
enum Stream : uint64_t { kOrder = 1, kDraw = 2, kExample = 3 };

}  // namespace

Sampler::Sampler(const Dataset& dataset, const SamplerOptions& options) : dataset_(dataset), options_(options) {
  if (options.batch < 1 || options.epochs_per_stretch < 1)
    throw bad_input("puzzles.Sampler", "batch {} and {} epochs per stretch: both must be at least 1", options.batch,
                    options.epochs_per_stretch);
  uint64_t most = 0;  // examples of one epoch when the largest puzzle of each group is drawn
  for (int64_t group = 0; group < dataset.groups(); ++group) {
    const auto [first, last] = dataset.puzzles_of(group);
    int64_t largest = 0;
    for (int64_t puzzle = first; puzzle < last; ++puzzle) {
      const auto [begin, end] = dataset.examples_of(puzzle);
      largest = std::max(largest, end - begin);
    }
    most += static_cast<uint64_t>(largest);
  }
  if (most * options.epochs_per_stretch < options.batch)
    throw bad_input(
        "puzzles.Sampler",
        "{}: {} epochs of {} examples do not fill one batch of {}: use a smaller batch or evaluate less often",
        (dataset.folder() / dataset.split()).string(), options.epochs_per_stretch, most, options.batch);
}

std::vector<ExampleRef> Sampler::next() {
  for (;;) {
    std::vector<ExampleRef> batch = deal();
    if (batch.size() == options_.batch) return batch;
    ++stretch_;
    position_ = 0;
  }
}

std::vector<ExampleRef> Sampler::deal() {
  const uint64_t end = options_.epochs_per_stretch * static_cast<uint64_t>(dataset_.groups());
  std::vector<ExampleRef> batch;
  batch.reserve(options_.batch);
  std::vector<int64_t> examples;
  for (; batch.size() < options_.batch && position_ < end; ++position_) {
    Rng rng(options_.seed, {kDraw, stretch_, position_});
    const auto [first, last] = dataset_.puzzles_of(group_at(position_));
    const int64_t puzzle = first + static_cast<int64_t>(rng.below(static_cast<uint64_t>(last - first)));
    const auto [begin, stop] = dataset_.examples_of(puzzle);
    examples.resize(static_cast<size_t>(stop - begin));
    std::iota(examples.begin(), examples.end(), begin);
    if (examples.size() > 1) rng.shuffle(std::span(examples));
    const size_t room = options_.batch - batch.size();
    for (size_t i = 0; i < std::min(room, examples.size()); ++i) {
      const uint64_t seed = derive_seed(options_.seed, {kExample, stretch_, position_, i});
      batch.push_back({examples[i], dataset_.identifier_of(puzzle), seed == 0 ? 1 : seed});
    }
  }
  return batch;
}

int64_t Sampler::group_at(uint64_t position) {
  const auto groups = static_cast<uint64_t>(dataset_.groups());
  const uint64_t epoch = stretch_ * options_.epochs_per_stretch + position / groups;
  if (epoch != order_of_) {
    order_.resize(groups);
    std::iota(order_.begin(), order_.end(), 0);
    Rng(options_.seed, {kOrder, epoch}).shuffle(std::span(order_));
    order_of_ = epoch;
  }
  return order_[position % groups];
}

uint64_t Sampler::total_steps(const DatasetMetadata& metadata, uint64_t epochs, uint64_t batch) {
  const double examples = static_cast<double>(metadata.total_groups) * metadata.mean_puzzle_examples;
  return static_cast<uint64_t>(std::floor(static_cast<double>(epochs) * examples / static_cast<double>(batch)));
}

Json Sampler::state() const {
  return {{"seed", options_.seed},       {"batch", options_.batch}, {"epochs_per_stretch", options_.epochs_per_stretch},
          {"groups", dataset_.groups()}, {"stretch", stretch_},     {"position", position_}};
}

void Sampler::set_state(const Json& state) {
  const auto same = [&](std::string_view field, uint64_t mine) {
    const auto saved = json_field<uint64_t>(state, field, "sampler state");
    if (saved != mine)
      throw bad_input("puzzles.Sampler.set_state", "{} was {} when the state was saved and is {} now", field, saved,
                      mine);
  };
  same("seed", options_.seed);
  same("batch", options_.batch);
  same("epochs_per_stretch", options_.epochs_per_stretch);
  same("groups", static_cast<uint64_t>(dataset_.groups()));
  const auto position = json_field<uint64_t>(state, "position", "sampler state");
  if (position > options_.epochs_per_stretch * static_cast<uint64_t>(dataset_.groups()))
    throw bad_input("puzzles.Sampler.set_state", "position {} is beyond the stretch", position);
  stretch_ = json_field<uint64_t>(state, "stretch", "sampler state");
  position_ = position;
}

}  // namespace hrm::puzzles
