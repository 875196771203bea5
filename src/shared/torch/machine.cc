#include "torch/machine.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/error.h"

namespace hrm::torch {
namespace {

void keep_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest that glibc takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

}  // namespace

at::Device parse_device(const std::string& name) {
  constexpr std::string_view kWhere = "torch.device";
  if (name == "cpu" || name == "aten") return at::Device(at::kCPU);
  if (!name.starts_with("cuda")) throw bad_input(kWhere, "--device {}: expected cpu, cuda or cuda:N", name);
  if (!at::hasCUDA()) throw bad_input(kWhere, "--device {}: this machine or this build has no CUDA", name);
  try {
    return at::Device(name);
  } catch (const std::exception&) {
    throw bad_input(kWhere, "--device {}: expected cpu, cuda or cuda:N", name);
  }
}

void use_machine(size_t wanted, int64_t parameters) {
  constexpr int64_t kSmall = 4'000'000;
  if (wanted == 0 && parameters < kSmall) wanted = 1;
  if (wanted > 0) at::set_num_threads(static_cast<int>(wanted));
  keep_memory();
}

}  // namespace hrm::torch
