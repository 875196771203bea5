// A product with many output features, cut into blocks of features that stay in the first-level cache.
#pragma once

#include <algorithm>

#include "kernels/gemm.h"

namespace hrm::engine {

inline constexpr size_t kFeatureBlock = 64;
inline constexpr size_t kHiddenBlock = 64;  // hidden rows of the token mixer per tile

// C [n rows, m features] (+)= X [n, k] A^T, block by block of the m features.
//
// A is either *packed*: blocks one after the other, each [k x its width] in pair layout (shape.lda = 0), or *strided*:
// one matrix in pair layout with leading dimension shape.lda.
template <typename E>
class BlockedGemm {
 public:
  BlockedGemm() = default;
  BlockedGemm(const kernels::GemmShape& shape, size_t block = kFeatureBlock)
      : m_(shape.m), k_(shape.k), block_(std::min(block, shape.m)), packed_(shape.lda == 0) {
    const auto kernel = [&](size_t width) {
      kernels::GemmShape s = shape;
      s.m = width;
      if (packed_) s.lda = width;
      return kernels::Gemm<E>(s);
    };
    full_ = kernel(block_);
    if (m_ % block_ != 0) tail_ = kernel(m_ % block_);
  }

  size_t blocks() const { return (m_ + block_ - 1) / block_; }
  size_t begin(size_t b) const { return b * block_; }
  size_t width(size_t b) const { return std::min(block_, m_ - begin(b)); }

  // One block; operands: A, X, and the block's first column of C.
  void block(size_t b, const kernels::GemmOperands<E>& operands) const {
    const E* mine = operands.a + begin(b) * (packed_ ? k_ : kernels::kPair<E>);
    (width(b) == block_ ? full_ : tail_)(mine, operands.b, operands.c, operands.count);
  }
  // All of them; c: column 0.
  void operator()(const E* a, const E* x, float* c, size_t count = 1) const {
    for (size_t b = 0; b < blocks(); ++b) block(b, {a, x, c + begin(b), count});
  }

 private:
  size_t m_ = 0, k_ = 0, block_ = 1;
  bool packed_ = true;
  kernels::Gemm<E> full_, tail_;
};

}  // namespace hrm::engine
