// y = x W^T + b, with gradients: the matrix products of decoders and heads.
//
// On a CPU, float32 products of some size go to oneDNN instead of ATen's own choice, MKL, which uses half the vector
// width on processors that are not Intel's (docs/performance.md). The results differ by the order
// of sums. Everything else is at::linear.
#pragma once

#include <ATen/core/Tensor.h>

namespace hrm::language {

// x: [..,I]; weight: [O,I]; bias: [O] or undefined. Both are cast to x's type, inside the graph. Returns [..,O].
at::Tensor affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});

// The same by oneDNN, without gradients. x: [M,I] f32; weight: [O,I] f32, plain or laid out by oneDNN.
// REQUIRES: libtorch has oneDNN.
at::Tensor one_dnn_product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace hrm::language
