// Conversions between host memory and ATen tensors. This header uses at::Tensor, so only rooms that may use libtorch
// may include it.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "base/tensor.h"

namespace hrm::torch {

at::ScalarType scalar_type(DType type);                           // throws failure if ATen has no such type
at::Tensor to_aten(const HostTensor& tensor, at::Device device);  // a copy
HostTensor to_host(const at::Tensor& tensor);                     // a contiguous copy; f32, f64, bf16, i32, i64, bool

// A copy of host values as a tensor of that shape.
template <typename T>
at::Tensor to_aten(std::span<const T> values, at::IntArrayRef shape, at::Device device);

template <typename T>
std::vector<T> to_vector(const at::Tensor& tensor);  // REQUIRES: T is the element type of the tensor

}  // namespace hrm::torch
