#include "torch/host.h"

#include <ATen/ATen.h>

#include <cstring>

#include "base/error.h"

namespace hrm::torch {
namespace {

struct Pair {
  DType mine;
  at::ScalarType theirs;
};

constexpr Pair kTypes[] = {
    {DType::kBool, at::kBool}, {DType::kU8, at::kByte},    {DType::kI8, at::kChar},  {DType::kI16, at::kShort},
    {DType::kI32, at::kInt},   {DType::kI64, at::kLong},   {DType::kF16, at::kHalf}, {DType::kBF16, at::kBFloat16},
    {DType::kF32, at::kFloat}, {DType::kF64, at::kDouble},
};

}  // namespace

at::ScalarType scalar_type(DType type) {
  for (const Pair& pair : kTypes)
    if (pair.mine == type) return pair.theirs;
  throw failure("torch.host", "element type {} has no counterpart in ATen", name_of(type));
}

at::Tensor to_aten(const HostTensor& tensor, at::Device device) {
  at::Tensor result = at::empty(tensor.shape(), at::TensorOptions().dtype(scalar_type(tensor.dtype())));
  if (!tensor.bytes().empty()) std::memcpy(result.data_ptr(), tensor.bytes().data(), tensor.bytes().size());
  return result.to(device);
}

HostTensor to_host(const at::Tensor& tensor) {
  const at::Tensor local = tensor.detach().to(at::kCPU).contiguous();
  for (const Pair& pair : kTypes) {
    if (pair.theirs != local.scalar_type()) continue;
    HostTensor result(pair.mine, local.sizes().vec());
    if (!result.bytes().empty()) std::memcpy(result.bytes().data(), local.data_ptr(), result.bytes().size());
    return result;
  }
  throw failure("torch.host", "ATen type {} has no counterpart in host memory", at::toString(local.scalar_type()));
}

template <typename T>
at::Tensor to_aten(std::span<const T> values, at::IntArrayRef shape, at::Device device) {
  at::Tensor result = at::empty(shape, at::TensorOptions().dtype(scalar_type(DTypeOf<T>::value)));
  if (static_cast<size_t>(result.numel()) != values.size())
    throw bad_input("torch.host", "{} values given, but shape {} needs {}", values.size(), to_string(shape.vec()),
                    result.numel());
  if (!values.empty()) std::memcpy(result.data_ptr(), values.data(), values.size_bytes());
  return result.to(device);
}

template at::Tensor to_aten(std::span<const int32_t>, at::IntArrayRef, at::Device);
template at::Tensor to_aten(std::span<const int64_t>, at::IntArrayRef, at::Device);
template at::Tensor to_aten(std::span<const uint8_t>, at::IntArrayRef, at::Device);
template at::Tensor to_aten(std::span<const float>, at::IntArrayRef, at::Device);

template <typename T>
std::vector<T> to_vector(const at::Tensor& tensor) {
  const at::Tensor local = tensor.detach().to(at::kCPU).contiguous();
  const T* data = local.const_data_ptr<T>();
  return std::vector<T>(data, data + local.numel());
}

template std::vector<int32_t> to_vector(const at::Tensor&);
template std::vector<int64_t> to_vector(const at::Tensor&);
template std::vector<float> to_vector(const at::Tensor&);

}  // namespace hrm::torch
