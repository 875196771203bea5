// The authors' data set folder (docs/formats/dataset.md): read memory-mapped, written atomically, checked on open.
//
// A *group* is an original with its augmented variants, a *puzzle* one variant with all its examples.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"
#include "puzzles/family.h"

namespace hrm::puzzles {

struct DatasetMetadata {  // dataset.json
  int64_t pad_id = 0;
  std::optional<int64_t> ignore_label_id;  // null or 0 in the authors' files
  int64_t blank_identifier_id = 0;
  int64_t vocab_size = 0, seq_len = 0;
  int64_t num_puzzle_identifiers = 0;
  int64_t total_groups = 0, total_puzzles = 0;
  double mean_puzzle_examples = 0;
  std::vector<std::string> sets = {"all"};
};

// One split ("train" or "test") of a folder, read-only. Any number of threads may read.
class Dataset {
 public:
  // Throws bad_input naming file and violation: missing file, truncated npy, wrong shape, indices not monotone, tokens
  // out of vocabulary (checked for every token).
  static Dataset open(const std::filesystem::path& folder, const std::string& split);
  Dataset(Dataset&&) noexcept;
  Dataset& operator=(Dataset&&) noexcept;
  ~Dataset();

  const DatasetMetadata& metadata() const;
  const Family& family() const;  // from hrm.json beside identifiers.json, guessed if that is absent
  const std::filesystem::path& folder() const;
  const std::string& split() const;

  int64_t examples() const;  // N
  int64_t puzzles() const;   // P
  int64_t groups() const;    // G
  // Half-open ranges: puzzles of a group, examples of a puzzle.
  std::pair<int64_t, int64_t> puzzles_of(int64_t group) const;
  std::pair<int64_t, int64_t> examples_of(int64_t puzzle) const;
  int64_t puzzle_of(int64_t example) const;                 // by binary search
  int32_t identifier_of(int64_t puzzle) const;              // embedding row
  std::optional<int32_t> rating_of(int64_t example) const;  // all__ratings.npy; nullopt if unknown

  // inputs, labels: [S]. Labels equal to ignore_label_id become -100 (model::kIgnoreLabel); those
  // that are -100 already stay, whatever ignore_label_id is.
  void read(int64_t example, std::span<int32_t> inputs, std::span<int32_t> labels) const;

 private:
  struct Impl;
  explicit Dataset(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hrm::puzzles
