// Small matrix products with a fixed shape, prepared once and run millions of times: all of the engine's arithmetic
// that grows faster than its data goes through here.
//
//   C [m x n]  (+)=  sum over r < count of  A_r [m x k] B_r [k x n]        A_r = A + r * stride_a, B_r likewise
//
// All matrices are column-major, C is float32. Seen from row-major activations: B is X [n rows, k features], C is
// Y [n rows, m features], and A is a block of m rows of the weight matrix, transposed. Operands are float or bf16; A
// lies in *pair layout* (kernels/bf16.h): element (i, j) of A at (j / P) * lda * P + i * P + j % P, P = kPair<E>.
//
// A column of C depends only on the same column of B. Its bits also do not depend on
// how many columns there are, n, except where independent_of_n(m) is false: there libxsmm adds in another order for
// some n.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/bf16.h"
#include "kernels/gemm_shape.h"
#include "kernels/stages.h"

namespace hrm::kernels {

constexpr bool independent_of_n(size_t m) { return m % 64 == 0 || m % 64 > 16; }

enum class GemmLibrary {
  kScalar,    // the readable reference
  kPortable,  // the vector kernels of this room; float operands only
  kXsmm,      // libxsmm's just-in-time kernels; x86-64
  kAmx,       // AMX-BF16 tiles (kernels/gemm_amx.h); bf16 operands only
};

// The fastest one this machine runs for operands E. HRM_ISA lowers it as it lowers the vector kernels.
template <typename E>
GemmLibrary best_gemm();

template <typename E>
class Gemm {
 public:
  Gemm() = default;  // not runnable
  // Throws bad_input if the library cannot run this shape; with the best library every shape runs.
  explicit Gemm(const GemmShape& shape, GemmLibrary library = best_gemm<E>());

  // Any number of threads may call this. No alignment is required.
  void operator()(const E* a, const E* b, float* c, size_t count = 1) const {
    const StageTimer timer(Stage::kProducts);
    if (jit_) {
      const unsigned long long batch = count;
      jit_(a, b, c, &batch);
    } else {
      plain_(shape_, {a, b, c, count});
    }
  }

 private:
  using Jit = void (*)(const E* a, const E* b, float* c, const unsigned long long* count, ...);
  using Plain = void (*)(const GemmShape& shape, const GemmOperands<E>& operands);
  GemmShape shape_;
  Jit jit_ = nullptr;
  Plain plain_ = nullptr;
};

// True where bf16 operands are faster than float ones: the machine multiplies them natively and a library uses that.
bool native_bf16();

// "libxsmm, native bfloat16"; for people.
std::string gemm_description();

}  // namespace hrm::kernels
