// y = x W^T + b with a weight that no longer changes, laid out once for the products of this machine. Generation reads
// every weight for each token: to lay it out anew in each product is a large part of the time.
//
// In half precision a weight holds what it has in bfloat16 exactly, or within 3e-8 where that is below 6e-5.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/native/quantized/PackedParams.h>

namespace hrm::language {

enum class Layout {
  kPlain,  // as it is: affine()
  kFloat,  // float32 in oneDNN's blocks; the results differ from affine() by the order of sums
  kHalf,   // half precision in FBGEMM's blocks, multiplied with float32 inputs; kFloat if it is too large for that
};

// What suits a decoder that computes in this type on this device. kHalf stands for bfloat16 on processors that have no
// instructions for it: there ATen's bfloat16 products take several times as long as those of float32.
Layout frozen_layout(at::ScalarType compute, at::Device device);

class FrozenAffine {
 public:
  FrozenAffine() = default;
  // weight: [O,I]; bias: [O] or undefined.
  FrozenAffine(const at::Tensor& weight, const at::Tensor& bias, Layout layout);

  bool defined() const { return outputs_ > 0; }
  // x: [..,I], float32 unless the layout is kPlain. Returns [..,O] in x's type, without gradients.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  int64_t outputs_ = 0;
  bool packed_ = false;
  at::Tensor weight_, bias_;  // undefined beside half_, which has both
  c10::intrusive_ptr<LinearPackedParamsBase> half_;
};

}  // namespace hrm::language
