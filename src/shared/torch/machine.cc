#include "torch/machine.h"

#include <ATen/Parallel.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace hrm::torch {
namespace {

void keep_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest that glibc takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

}  // namespace

void use_machine(size_t wanted, int64_t parameters) {
  constexpr int64_t kSmall = 4'000'000;
  if (wanted == 0 && parameters < kSmall) wanted = 1;
  if (wanted > 0) at::set_num_threads(static_cast<int>(wanted));
  keep_memory();
}

}  // namespace hrm::torch
