#include "engine/workspace.h"

#include <algorithm>

#include "engine/blocked_gemm.h"
#include "kernels/bf16.h"

namespace hrm::engine {

using kernels::Buffer;

template <typename E>
Workspace<E>::Workspace(const Dims& d, size_t team_size)
    : x(d.T * d.D),
      xe(d.T * d.D),
      q(d.mixer ? 0 : d.T * d.D),
      k(d.mixer ? 0 : d.T_even * d.D),
      v(d.mixer ? 0 : d.T_even * d.D),
      a(d.mixer ? 0 : d.T * d.D),
      h(d.T * d.I) {
  const size_t tile = d.mixer ? std::max(d.T, kHiddenBlock) * kFeatureBlock : d.T * std::max(kFeatureBlock, d.W);
  for (size_t i = 0; i < team_size; ++i)
    tiles.push_back({.c0 = Buffer<float>(tile),
                     .c1 = Buffer<float>(tile),
                     .scores = Buffer<float>(d.mixer ? 0 : d.T * d.T_even),
                     .p = Buffer<E>(d.T_even * (d.mixer ? kFeatureBlock : d.T)),
                     .inner = Buffer<E>(d.M * kFeatureBlock)});
}

template struct Workspace<float>;
template struct Workspace<kernels::bf16>;

}  // namespace hrm::engine
