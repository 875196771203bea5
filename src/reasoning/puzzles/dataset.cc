#include "puzzles/dataset.h"

#include <algorithm>

#include "puzzles/dataset_files.h"

namespace hrm::puzzles {
struct Dataset::Impl {
  std::filesystem::path folder;
  std::string split;
  SplitFiles files;
};

Dataset::Dataset(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset& Dataset::operator=(Dataset&&) noexcept = default;
Dataset::~Dataset() = default;

Dataset Dataset::open(const std::filesystem::path& folder, const std::string& split) {
  SplitFiles files = read_split(folder, split, [](const Error& fault) { throw fault; });
  files.metadata.total_puzzles = static_cast<int64_t>(files.puzzle_identifiers.size());
  return Dataset(std::make_unique<Impl>(Impl{folder, split, std::move(files)}));
}

const DatasetMetadata& Dataset::metadata() const { return impl_->files.metadata; }
const Family& Dataset::family() const { return *impl_->files.family; }
const std::filesystem::path& Dataset::folder() const { return impl_->folder; }
const std::string& Dataset::split() const { return impl_->split; }

int64_t Dataset::examples() const { return impl_->files.inputs->rows(); }
int64_t Dataset::puzzles() const { return static_cast<int64_t>(impl_->files.puzzle_identifiers.size()); }
int64_t Dataset::groups() const { return static_cast<int64_t>(impl_->files.group_indices.size()) - 1; }

std::pair<int64_t, int64_t> Dataset::puzzles_of(int64_t group) const {
  const auto& indices = impl_->files.group_indices;
  return {indices[group], indices[group + 1]};
}

std::pair<int64_t, int64_t> Dataset::examples_of(int64_t puzzle) const {
  const auto& indices = impl_->files.puzzle_indices;
  return {indices[puzzle], indices[puzzle + 1]};
}

int64_t Dataset::puzzle_of(int64_t example) const {
  const auto& indices = impl_->files.puzzle_indices;
  return std::ranges::upper_bound(indices, example) - indices.begin() - 1;
}

int32_t Dataset::identifier_of(int64_t puzzle) const { return impl_->files.puzzle_identifiers[puzzle]; }

std::optional<int32_t> Dataset::rating_of(int64_t example) const {
  const auto& ratings = impl_->files.ratings;
  if (ratings.empty() || ratings[example] < 0) return std::nullopt;
  return ratings[example];
}

void Dataset::read(int64_t example, std::span<int32_t> inputs, std::span<int32_t> labels) const {
  const SplitFiles& files = impl_->files;
  files.inputs->read(example, inputs);
  files.labels->read(example, labels);
  if (files.metadata.ignore_label_id)
    std::ranges::replace(labels, static_cast<int32_t>(*files.metadata.ignore_label_id), model::kIgnoreLabel);
}

}  // namespace hrm::puzzles
