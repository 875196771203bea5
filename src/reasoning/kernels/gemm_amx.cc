#include "kernels/gemm_amx.h"

#include "kernels/dispatch.h"

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hrm::kernels::amx {
namespace {

// Linux saves the tiles only for processes that ask (Documentation/arch/x86/xstate.rst); threads inherit it.
bool granted() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

bool processor_has_it() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kBf16 = 1u << 22, kTile = 1u << 24;  // leaf 7, edx
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & kBf16) && (d & kTile);
}

}  // namespace

bool runs() {
  static const bool usable = has_avx512_bf16() && processor_has_it() && granted();
  return usable;
}

}  // namespace hrm::kernels::amx

#else

namespace hrm::kernels::amx {
bool runs() { return false; }
#if !defined(__x86_64__)
void gemm(const GemmShape&, const GemmOperands<bf16>&) {}
#endif
}  // namespace hrm::kernels::amx

#endif
