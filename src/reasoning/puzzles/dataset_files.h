// The files of one split on disk, checked. Dataset::open stops at the first fault; `hrm data verify` lists them all.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "formats/npy.h"
#include "puzzles/dataset.h"

namespace hrm::puzzles {

inline constexpr std::string_view kDescriptionFile = "hrm.json", kIdentifiersFile = "identifiers.json";

// A matrix of tokens, memory-mapped, of any integer type.
class TokenMatrix {
 public:
  // Throws bad_input unless the file is a two-dimensional integer array with `columns` columns.
  TokenMatrix(const std::filesystem::path& path, int64_t columns);

  int64_t rows() const { return map_.shape()[0]; }
  DType dtype() const { return map_.dtype(); }
  const std::filesystem::path& path() const { return path_; }
  void read(int64_t row, std::span<int32_t> tokens) const;
  // The first element outside [0, vocab) that is not in `allowed`, as its flat index; -1 if there is none.
  int64_t find_outside(int64_t vocab, std::span<const int64_t> allowed) const;
  int64_t at(int64_t flat_index) const;

 private:
  std::filesystem::path path_;
  NpyMap map_;
  int64_t columns_;
};

struct SplitFiles {
  DatasetMetadata metadata;
  std::optional<TokenMatrix> inputs, labels;
  std::vector<int32_t> puzzle_identifiers, puzzle_indices, group_indices;
  std::vector<int32_t> ratings;  // empty if the file is absent
  std::unique_ptr<Family> family;
};

// Called for each fault with a bad_input error that names file and violation; may throw it.
using FaultSink = std::function<void(const Error&)>;

// Parts that cannot be read stay empty, and checks that need them are left out.
SplitFiles read_split(const std::filesystem::path& folder, const std::string& split, const FaultSink& fault);

Json metadata_to_json(const DatasetMetadata& metadata);
DatasetMetadata metadata_from_json(const Json& json, std::string_view source);  // throws bad_input

// hrm.json of a folder; null if there is none.
Json read_description(const std::filesystem::path& folder);

}  // namespace hrm::puzzles
