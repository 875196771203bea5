// The weights of a model in its file, converted one tensor at a time: the interface between importers of checkpoints
// and containers. formats/safetensors_model.h and formats/gguf.h are the implementations.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/tensor.h"

namespace hrm {

struct TensorInfo {
  std::string type;    // as the container calls it: "F32", "BF16", "Q4_1"
  Shape shape;         // outermost dimension first
  uint64_t bytes = 0;  // as stored
};

class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual const std::map<std::string, TensorInfo, std::less<>>& tensors() const = 0;
  // A copy with elements of that type; quantized ones are expanded. From any number of threads at once. Throws
  // bad_input naming file and tensor if there is none of that name or its type cannot be converted.
  virtual HostTensor load(std::string_view name, DType as) const = 0;
  virtual const std::string& source() const = 0;  // the file or folder, for messages
};

}  // namespace hrm
