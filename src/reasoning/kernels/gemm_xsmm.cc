#include "kernels/gemm_xsmm.h"

#include "kernels/dispatch.h"

#if HRM_XSMM

#include <libxsmm.h>

#include <cstdlib>

// The library falls back to a BLAS for products that it does not compile. Only compiled kernels are asked for here, so
// these are never reached; they spare a BLAS. Hidden: libtorch has its own functions of these names, and calls to
// them must not end here.
#define HRM_NO_BLAS [[gnu::weak, gnu::visibility("hidden")]]
extern "C" {
HRM_NO_BLAS void dgemm_() { std::abort(); }
HRM_NO_BLAS void sgemm_() { std::abort(); }
HRM_NO_BLAS void dgemv_() { std::abort(); }
HRM_NO_BLAS void sgemv_() { std::abort(); }
}
#undef HRM_NO_BLAS

namespace hrm::kernels::xsmm {
namespace {

// The library's instruction set, set once to what this program may use.
int target() {
  static const int id = [] {
    libxsmm_init();
    switch (best_instruction_set()) {
      case InstructionSet::kBaseline:
        return LIBXSMM_TARGET_ARCH_GENERIC;
      case InstructionSet::kAvx2:
        libxsmm_set_target_archid(LIBXSMM_X86_AVX2);
        break;
      case InstructionSet::kAvx512:
        break;
    }
    return libxsmm_get_target_archid();
  }();
  return id;
}

template <typename E>
struct Types;
template <>
struct Types<float> {
  static constexpr int kFlags = LIBXSMM_GEMM_FLAG_NONE;
  static constexpr int kLeastTarget = LIBXSMM_X86_AVX2;
};
template <>
struct Types<bf16> {
  static constexpr int kFlags = LIBXSMM_GEMM_FLAG_VNNI_A;
  static constexpr int kLeastTarget = LIBXSMM_X86_AVX512_CPX;  // below, bf16 products are emulated: slower than float
};

}  // namespace

template <typename E>
bool runs() {
  return target() >= Types<E>::kLeastTarget;
}

template <typename E>
Kernel<E> compile(const GemmShape& s) {
  target();
  const auto i = [](size_t n) { return static_cast<libxsmm_blasint>(n); };
  const auto bytes = [](size_t n) { return static_cast<libxsmm_blasint>(n * sizeof(E)); };
  const libxsmm_blasint lda = i(s.lda), ldb = i(s.ldb), ldc = i(s.ldc);
  const float alpha = 1, beta = s.accumulate ? 1 : 0;
  const int flags = Types<E>::kFlags;
  if constexpr (std::is_same_v<E, float>)
    return libxsmm_smmdispatch_reducebatch_strd(i(s.m), i(s.n), i(s.k), bytes(s.stride_a), bytes(s.stride_b), &lda,
                                                &ldb, &ldc, &alpha, &beta, &flags, nullptr);
  else
    return reinterpret_cast<Kernel<E>>(libxsmm_bsmmdispatch_reducebatch_strd(i(s.m), i(s.n), i(s.k), bytes(s.stride_a),
                                                                             bytes(s.stride_b), &lda, &ldb, &ldc,
                                                                             &alpha, &beta, &flags, nullptr));
}

std::string version() { return "libxsmm"; }

}  // namespace hrm::kernels::xsmm

#else

namespace hrm::kernels::xsmm {

template <typename E>
bool runs() {
  return false;
}
template <typename E>
Kernel<E> compile(const GemmShape&) {
  return nullptr;
}
std::string version() { return "no libxsmm"; }

}  // namespace hrm::kernels::xsmm

#endif

namespace hrm::kernels::xsmm {
template bool runs<float>();
template bool runs<bf16>();
template Kernel<float> compile<float>(const GemmShape&);
template Kernel<bf16> compile<bf16>(const GemmShape&);
}  // namespace hrm::kernels::xsmm
