// The weights of a Hugging Face model as torch saved them: pytorch_model.bin, or shards that
// pytorch_model.bin.index.json names. The pickle is never executed (formats/torch_pickle.h). All of it is held in
// memory. docs/formats/torch-pickle.md
#pragma once

#include <filesystem>

#include "formats/tensor_source.h"

namespace hrm {

class TorchModel : public TensorSource {
 public:
  static bool is_in(const std::filesystem::path& folder);

  // Throws bad_input naming file and fault: what load_torch refuses; a shard that is missing, lies outside the folder
  // or lacks a tensor that the index says it has; a tensor in two shards. REQUIRES: is_in(folder).
  explicit TorchModel(const std::filesystem::path& folder);

  const std::map<std::string, TensorInfo, std::less<>>& tensors() const override { return infos_; }
  HostTensor load(std::string_view name, DType as) const override;
  const std::string& source() const override { return source_; }

 private:
  void add_file(const std::filesystem::path& path);

  std::string source_;
  NamedTensors tensors_;
  std::map<std::string, TensorInfo, std::less<>> infos_;
};

}  // namespace hrm
