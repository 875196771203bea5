// A dense array in host memory with a run-time element type: what files hold and what crosses the interface between the
// program and its arithmetic. It does no mathematics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hrm {

enum class DType : uint8_t { kBool, kU8, kI8, kU16, kI16, kU32, kI32, kU64, kI64, kF16, kBF16, kF32, kF64 };

size_t size_of(DType type);
std::string_view name_of(DType type);  // "f32", "i64", ...

using Shape = std::vector<int64_t>;

// Product of the dimensions. Throws bad_input (naming `where`) on a negative dimension or on overflow of 2^62.
int64_t element_count(std::span<const int64_t> shape, std::string_view where = "tensor");
std::string to_string(std::span<const int64_t> shape);  // "[2, 81]"

template <typename T>
struct DTypeOf;
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::kU8;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr DType value = DType::kI8;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::kI32;
};
template <>
struct DTypeOf<uint32_t> {
  static constexpr DType value = DType::kU32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::kI64;
};
template <>
struct DTypeOf<uint64_t> {
  static constexpr DType value = DType::kU64;
};
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kF32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kF64;
};

// Row-major, contiguous, owns its bytes.
class HostTensor {
 public:
  HostTensor() = default;
  HostTensor(DType dtype, Shape shape);  // zero-filled
  HostTensor(DType dtype, Shape shape, std::vector<std::byte> bytes);

  template <typename T>
  static HostTensor of(Shape shape, std::span<const T> values) {
    HostTensor t(DTypeOf<T>::value, std::move(shape));
    t.assign(values);
    return t;
  }

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t count() const { return static_cast<int64_t>(bytes_.size() / size_of(dtype_)); }
  std::span<std::byte> bytes() { return bytes_; }
  std::span<const std::byte> bytes() const { return bytes_; }

  // The elements as T. Throws bad_input if T is not the element type.
  template <typename T>
  std::span<T> as() {
    check_type(DTypeOf<T>::value);
    return {reinterpret_cast<T*>(bytes_.data()), bytes_.size() / sizeof(T)};
  }
  template <typename T>
  std::span<const T> as() const {
    check_type(DTypeOf<T>::value);
    return {reinterpret_cast<const T*>(bytes_.data()), bytes_.size() / sizeof(T)};
  }

  // Converted copies; floating types round to nearest even, integers must fit (bad_input otherwise).
  HostTensor to(DType dtype) const;
  bool operator==(const HostTensor&) const = default;  // same type, shape and bits

 private:
  template <typename T>
  void assign(std::span<const T> values) {
    check_count(values.size());
    auto mine = as<T>();
    for (size_t i = 0; i < values.size(); ++i) mine[i] = values[i];
  }
  void check_type(DType wanted) const;
  void check_count(size_t n) const;

  DType dtype_ = DType::kF32;
  Shape shape_;
  std::vector<std::byte> bytes_;
};

// Tensors by the authors' state-dict keys; ordered by name, so that files are reproducible.
using NamedTensors = std::map<std::string, HostTensor, std::less<>>;

// bfloat16 <-> float32: the upper half of the bits, rounded to nearest even; NaN stays NaN.
uint16_t to_bfloat16(float value);
float from_bfloat16(uint16_t bits);
uint16_t to_float16(float value);
float from_float16(uint16_t bits);

}  // namespace hrm
