// Writes the authors' data set folder (docs/formats/dataset.md), completely or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "base/tensor.h"
#include "puzzles/dataset.h"

namespace hrm::puzzles {

// A folder that is built beside its target and takes the target's place by commit() (replace_folder of base/files.h).
// Without commit() the target stays what it was and the temporary folder is removed.
class FolderTransaction {
 public:
  // Throws bad_input if the target exists and is not empty, unless `replace` and it holds a data set of ours.
  FolderTransaction(const std::filesystem::path& target, bool replace);
  ~FolderTransaction();
  FolderTransaction(const FolderTransaction&) = delete;
  FolderTransaction& operator=(const FolderTransaction&) = delete;

  const std::filesystem::path& path() const { return temporary_; }
  void commit();  // throws failure

 private:
  std::filesystem::path target_, temporary_;
};

// One split: `originals` groups of `variants` puzzles of one example each.
struct SplitPlan {
  int64_t originals = 0;
  int64_t variants = 1;
  DType dtype = DType::kU8;
  std::vector<int32_t> ratings;  // [originals]
  // Writes variant v (0: the original) of an original. Called from several threads, once for inputs and once for
  // labels.
  std::function<void(int64_t original, int64_t variant, std::span<int32_t> inputs, std::span<int32_t> labels)> fill;
};

// Creates the split's folder, data/train, with dataset.json and its arrays. Throws failure naming the file; Error where
// interrupted.
void write_split(const std::filesystem::path& split, const Family& family, const SplitPlan& plan, size_t threads);

// identifiers.json (only "<blank>") and hrm.json.
void write_folder_files(const std::filesystem::path& folder, const Family& family, const Json& provenance);

}  // namespace hrm::puzzles
