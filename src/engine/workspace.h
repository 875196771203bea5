// Memory of one example in work; shared by its team. Letters as in engine/dims.h.
#pragma once

#include <vector>

#include "engine/dims.h"
#include "kernels/buffer.h"

namespace hrm::engine {

template <typename E>
struct Workspace {
  explicit Workspace(const Dims& d, size_t team_size);

  kernels::Buffer<float> x;  // [T,D] residual stream: a net's input, then its output
  kernels::Buffer<E> xe;     // [T,D] the same as operand; both are kept in step by the block

  kernels::Buffer<E> q, k, v, a;    // [N,T,W]; per head K^T and V in pair layout; [T,D]
  kernels::Buffer<E> h;             // [T,I]
  struct Tiles {                    // one member's own
    kernels::Buffer<float> c0, c1;  // a product's result, before its epilogue
    kernels::Buffer<float> scores;  // [T,T_even]
    kernels::Buffer<E> p;           // [T,T_even] attention weights; mixer: [T_even,64] input and [M,64] inner channels
    kernels::Buffer<E> inner;
  };
  std::vector<Tiles> tiles;
};

}  // namespace hrm::engine
