// NumPy .npy arrays (format versions 1.0, 2.0, 3.0): C-order or Fortran-order with one dimension, little-endian,
// bool, integers and floats. docs/formats/npy.md
#pragma once

#include <filesystem>
#include <functional>

#include "base/files.h"
#include "base/tensor.h"

namespace hrm {

// Throws bad_input naming file and fault: bad magic, unparsable header, unsupported type, truncated or surplus bytes.
HostTensor load_npy(const std::filesystem::path& path);
HostTensor parse_npy(std::span<const std::byte> bytes, std::string_view source);
void save_npy(const std::filesystem::path& path, const HostTensor& array);  // version 1.0, atomic

// An array too large to hold: `rows` hands its bytes to the sink in order. Atomic likewise. Throws failure if they are
// not as many as the shape needs.
void write_npy(const std::filesystem::path& path, DType dtype, const Shape& shape,
               const std::function<void(const ByteSink&)>& rows);

// A memory-mapped array: header parsed and checked, elements left on disk. Alignment of the data is not guaranteed.
class NpyMap {
 public:
  explicit NpyMap(const std::filesystem::path& path);
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  std::span<const std::byte> data() const { return file_.bytes().subspan(offset_); }

 private:
  MappedFile file_;
  DType dtype_ = DType::kU8;
  Shape shape_;
  size_t offset_ = 0;
};

}  // namespace hrm
