// The contents of a file or folder, as JSON: arrays, tensors of a checkpoint, the model in them, data sets.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/tensor.h"

namespace hrm::solving {

struct DescribeOptions {
  std::vector<std::string> overrides;  // settings that the model's file lacks (solving/model_file.h)
  bool tensors = false;                // each tensor, with the range and mean of its numbers
};

// {"dtype", "shape"}; with statistics "min", "max" and "mean" of the finite elements, and "not_finite", how many are
// not.
Json describe_tensor(const HostTensor& tensor, bool statistics);

// A folder: a data set's sizes, or the model of a run or of the authors' checkpoints ("model": null and a "reason"
// if it cannot be determined).
Json describe_folder(const std::filesystem::path& folder, const DescribeOptions& options);

// An npy array, a torch.save or a safetensors file: "kind", "bytes", its tensors, and the model as above. Throws
// bad_input for an empty file or one of another kind, which it names.
Json describe_file(const std::filesystem::path& path, const DescribeOptions& options);

}  // namespace hrm::solving
