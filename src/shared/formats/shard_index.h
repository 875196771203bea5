// The index of a Hugging Face model in shards (model.safetensors.index.json, pytorch_model.bin.index.json).
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "formats/tensor_source.h"

namespace hrm {

struct ShardIndex {
  std::map<std::string, std::string, std::less<>> file_of;  // tensor -> name of a file beside the index
  std::set<std::string> files;

  // Throws bad_input naming the index and a tensor that it says is there and is not.
  void check(const std::map<std::string, TensorInfo, std::less<>>& tensors, std::string_view source) const;
};

// Throws bad_input naming file and fault: no weight_map, a shard that lies outside the folder or is missing.
ShardIndex read_shard_index(const std::filesystem::path& path);

}  // namespace hrm
