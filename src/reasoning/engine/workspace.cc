#include "engine/workspace.h"

#include <algorithm>

#include "engine/blocked_gemm.h"
#include "kernels/bf16.h"
#include "kernels/quantize.h"

namespace hrm::engine {

using kernels::Buffer;

template <typename E>
Workspace<E>::Workspace(const Dims& d, size_t team_size, Products products)
    : x(d.T * d.D),
      xe(d.T * d.D),
      before(d.T * d.D),
      q(d.attention() ? d.T * d.D : 0),
      k(d.attention() ? d.T_even * d.D : 0),
      v(d.attention() ? d.T_even * d.D : 0),
      a(d.attention() ? d.T * d.D : 0),
      u(d.planes() ? d.T * d.D : 0),
      means(d.grid.size() * d.D),
      shares(d.grid.size() * d.D),
      h(d.T * d.I),
      bytes_ld(products == Products::kInt8 ? kernels::whole_groups(std::max(d.D, d.I)) : 0),
      bytes(d.T * bytes_ld),
      byte_scales(bytes_ld ? d.T : 0) {
  const bool mixer_bytes = d.mixer && products == Products::kInt8;
  const size_t tile = d.planes() ? d.S * kFeatureBlock
                      : d.mixer  ? std::max(d.T, kHiddenBlock) * kFeatureBlock
                                 : d.T * std::max(kFeatureBlock, d.W);
  for (size_t i = 0; i < team_size; ++i)
    tiles.push_back(
        {.c0 = Buffer<float>(tile),
         .c1 = Buffer<float>(tile),
         .scores = Buffer<float>(d.attention() ? d.T * d.T_even : 0),
         .plane = Buffer<float>(d.planes() ? d.S * d.D : 0),
         .p = Buffer<E>(d.T_even * (d.mixer         ? kFeatureBlock
                                    : d.attention() ? d.T
                                                    : 0)),
         .inner = Buffer<E>(d.M * kFeatureBlock),
         .bytes = Buffer<uint8_t>(mixer_bytes ? std::max(d.M, kernels::whole_groups(d.T)) * kFeatureBlock : 0),
         .byte_scales = Buffer<float>(mixer_bytes ? kFeatureBlock : 0)});
}

template struct Workspace<float>;
template struct Workspace<kernels::bf16>;

}  // namespace hrm::engine
