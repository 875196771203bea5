// Softmax attention of one example, head by head, for some of its rows as queries (arXiv 1706.03762, section 3.2.1):
//
//   a = softmax(Q K^T / sqrt(W)) V,  Q and K rotated (kernels/rotary.h) where positions are rotary
//
// The projections before and after it belong to the block. Letters as in engine/dims.h.
#pragma once

#include "engine/workspace.h"
#include "kernels/gemm.h"
#include "kernels/rotary.h"

namespace hrm::engine {

template <typename E>
class Attention {
 public:
  Attention() = default;  // of no rows
  // Queries are rows [begin, end). rotary: empty if positions are not rotary; outlives this object.
  Attention(const Dims& dims, const kernels::RotaryTable& rotary, size_t begin, size_t end);

  // Takes the rows' projection `j` of 3N (Q of all heads, K, V), tile [rows,W], into ws.q, ws.k or ws.v. The tile is
  // left as it enters the products: rotated.
  void store(size_t j, float* tile, Workspace<E>& ws) const;

  // ws.a of the rows. REQUIRES: all rows have stored K and V.
  void attend(Workspace<E>& ws, typename Workspace<E>::Tiles& tiles) const;

 private:
  Dims d_{};
  const kernels::RotaryTable* rotary_ = nullptr;
  size_t begin_ = 0, rows_ = 0;
  kernels::Gemm<E> scores_, mix_;
};

}  // namespace hrm::engine
