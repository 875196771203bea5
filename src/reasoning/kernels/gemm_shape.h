// What a matrix product of kernels/gemm.h works on. No functions: the vector kernels include this header
// (kernels/vector_table.h).
#pragma once

#include <cstddef>

namespace hrm::kernels {

// Sizes, leading dimensions and strides in elements.
struct GemmShape {
  size_t m = 0, n = 0, k = 0;  // k: a multiple of P
  size_t lda = 0, ldb = 0, ldc = 0;
  bool accumulate = false;  // add to C instead of overwriting it
  size_t stride_a = 0, stride_b = 0;
};

// Where the matrices lie: `count` of A and B, stride_a and stride_b apart, and one C.
template <typename E>
struct GemmOperands {
  const E* a = nullptr;
  const E* b = nullptr;
  float* c = nullptr;
  size_t count = 1;
};

}  // namespace hrm::kernels
