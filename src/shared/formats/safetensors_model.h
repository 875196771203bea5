// The weights of a Hugging Face model: one safetensors file, or shards that model.safetensors.index.json names. Files
// are mapped, so that opening a model of any size reads only its headers. docs/formats/safetensors.md
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "base/files.h"
#include "formats/tensor_source.h"

namespace hrm {

class SafetensorsModel : public TensorSource {
 public:
  // path: a .safetensors file, or a folder that holds model.safetensors.index.json or model.safetensors. Throws
  // bad_input naming file and fault: what formats/safetensors.h refuses; a shard that is missing, lies outside the
  // folder or lacks a tensor that the index says it has; a tensor in two shards.
  explicit SafetensorsModel(const std::filesystem::path& path);

  struct View {
    DType dtype;
    std::span<const std::byte> bytes;  // of the mapped file: not aligned
  };

  const std::map<std::string, TensorInfo, std::less<>>& tensors() const override { return tensors_; }
  HostTensor load(std::string_view name, DType as) const override;
  const std::string& source() const override { return source_; }
  View view(std::string_view name) const;  // as it is stored. Valid as long as this. Throws bad_input: no such tensor

 private:
  void add_file(const std::filesystem::path& path);
  void add_shards(const std::filesystem::path& index);

  std::string source_;
  std::vector<MappedFile> files_;
  std::map<std::string, TensorInfo, std::less<>> tensors_;
  std::map<std::string, View, std::less<>> views_;
};

}  // namespace hrm
