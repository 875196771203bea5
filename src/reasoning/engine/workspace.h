// Scratch memory of one example; shared by its team. Letters as in engine/dims.h.
#pragma once

#include <vector>

#include "engine/dims.h"
#include "kernels/buffer.h"

namespace hrm::engine {

// How a block multiplies with its weights: in the operands' type E, or in int8 (inference only).
enum class Products { kOperands, kInt8 };

template <typename E>
struct Workspace {
  explicit Workspace(const Dims& d, size_t team_size, Products products = Products::kOperands);

  kernels::Buffer<float> x;       // [T,D] residual stream: a net's input, then its output
  kernels::Buffer<E> xe;          // [T,D] the same as operand; both are kept in step by the block
  kernels::Buffer<float> before;  // [T,D] a state before its last call, for its residual

  kernels::Buffer<E> q, k, v, a;    // [N,T,W]; per head K^T and V in pair layout; [T,D]
  kernels::Buffer<E> u, means;      // planes: [T,D]; [Q,D] over the groups
  kernels::Buffer<float> shares;    // planes: [Q,D] what the groups give to their tokens
  kernels::Buffer<E> h;             // [T,I]
  struct Tiles {                    // one member's own
    kernels::Buffer<float> c0, c1;  // a product's result, before its epilogue
    kernels::Buffer<float> scores;  // [T,T_even]
    kernels::Buffer<float> plane;   // planes: [S,D]
    kernels::Buffer<E> p;           // [T,T_even] attention weights; mixer: [T_even,64] input and [M,64] inner channels
    kernels::Buffer<E> inner;

    kernels::Buffer<uint8_t> bytes;      // int8 token mixer: input or inner channels of 64 columns, in fours
    kernels::Buffer<float> byte_scales;  // [64] their scales
  };
  std::vector<Tiles> tiles;

  size_t bytes_ld;                     // for int8 products of rows:
  kernels::Buffer<uint8_t> bytes;      // [T,bytes_ld] the activations, of D or I numbers a row
  kernels::Buffer<float> byte_scales;  // [T]
};

}  // namespace hrm::engine
