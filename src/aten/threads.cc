#include "aten/threads.h"

#include <ATen/Parallel.h>

namespace hrm::aten {

void use_threads(size_t wanted, int64_t parameters) {
  constexpr int64_t kSmall = 4'000'000;
  if (wanted == 0 && parameters < kSmall) wanted = 1;
  if (wanted > 0) at::set_num_threads(static_cast<int>(wanted));
}

}  // namespace hrm::aten
