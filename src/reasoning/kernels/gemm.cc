#include "kernels/gemm.h"

#include "base/error.h"
#include "kernels/dispatch.h"
#include "kernels/gemm_amx.h"
#include "kernels/gemm_xsmm.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {
namespace {

template <typename E>
void scalar_gemm(const GemmShape& s, const GemmOperands<E>& operands) {
  constexpr size_t P = kPair<E>;
  const auto [a, b, c, count] = operands;
  for (size_t j = 0; j < s.n; ++j)
    for (size_t i = 0; i < s.m; ++i) {
      double sum = s.accumulate ? double{c[j * s.ldc + i]} : 0;
      for (size_t r = 0; r < count; ++r)
        for (size_t q = 0; q < s.k; ++q)
          sum += double{to_float(a[r * s.stride_a + q / P * s.lda * P + i * P + q % P])} *
                 to_float(b[r * s.stride_b + j * s.ldb + q]);
      c[j * s.ldc + i] = static_cast<float>(sum);
    }
}

void portable_gemm(const GemmShape& s, const GemmOperands<float>& operands) { vector_table().gemm_f32(s, operands); }

void require(bool ok, const GemmShape& s, const char* wanted) {
  if (!ok)
    throw bad_input("kernels.gemm", "shape {} x {} x {}, leading dimensions {}, {}, {}: {}", s.m, s.n, s.k, s.lda,
                    s.ldb, s.ldc, wanted);
}

}  // namespace

template <typename E>
GemmLibrary best_gemm() {
  if (std::is_same_v<E, bf16> && amx::runs()) return GemmLibrary::kAmx;
  if (xsmm::runs<E>()) return GemmLibrary::kXsmm;
  return std::is_same_v<E, float> ? GemmLibrary::kPortable : GemmLibrary::kScalar;
}

template <typename E>
Gemm<E>::Gemm(const GemmShape& shape, GemmLibrary library) : shape_(shape) {
  require(shape.m > 0 && shape.n > 0 && shape.k > 0 && shape.k % kPair<E> == 0, shape,
          "sizes must be above 0 and k a multiple of the pair");
  require(shape.lda >= shape.m && shape.ldb >= shape.k && shape.ldc >= shape.m, shape,
          "a leading dimension is shorter than a column");
  switch (library) {
    case GemmLibrary::kXsmm:
      jit_ = xsmm::compile<E>(shape);
      if constexpr (std::is_same_v<E, float>)
        if (!jit_) plain_ = portable_gemm;  // no memory for code, or a shape beyond the library's
      require(jit_ || plain_, shape, "libxsmm has no kernel for it; HRM_ISA=avx2 avoids libxsmm");
      break;
    case GemmLibrary::kPortable:
      if constexpr (std::is_same_v<E, float>) plain_ = portable_gemm;
      require(plain_, shape, "the portable kernels take float operands only");
      break;
    case GemmLibrary::kAmx:
      if constexpr (std::is_same_v<E, bf16>)
        if (amx::runs()) plain_ = amx::gemm;
      require(plain_, shape, "AMX multiplies bfloat16 operands only, on processors that have it");
      break;
    case GemmLibrary::kScalar:
      plain_ = scalar_gemm<E>;
  }
}

bool native_bf16() { return amx::runs() || xsmm::runs<bf16>(); }

std::string gemm_description() {
  if (!xsmm::runs<float>()) return "portable vector kernels, float32 operands";
  const char* operands = amx::runs() ? ", bfloat16 by AMX" : native_bf16() ? ", native bfloat16" : ", float32 operands";
  return xsmm::version() + operands;
}

template GemmLibrary best_gemm<float>();
template GemmLibrary best_gemm<bf16>();
template class Gemm<float>;
template class Gemm<bf16>;

}  // namespace hrm::kernels
