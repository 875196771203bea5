#include "engine/attention.h"

#include <cmath>

#include "kernels/convert.h"
#include "kernels/pack.h"
#include "kernels/softmax.h"

namespace hrm::engine {

using kernels::kPair;

template <typename E>
Attention<E>::Attention(const Dims& dims, const kernels::RotaryTable& rotary, size_t begin, size_t end)
    : d_(dims), rotary_(&rotary), begin_(begin), rows_(end - begin) {
  if (rows_ == 0) return;
  scores_ = kernels::Gemm<E>({.m = d_.T, .n = rows_, .k = d_.W, .lda = d_.T_even, .ldb = d_.W, .ldc = d_.T_even});
  mix_ = kernels::Gemm<E>({.m = d_.W, .n = rows_, .k = d_.T_even, .lda = d_.W, .ldb = d_.T_even, .ldc = d_.W});
}

// Q as rows, K transposed in pair layout, V in pair layout.
template <typename E>
void Attention<E>::store(size_t j, float* tile, Workspace<E>& ws) const {
  const kernels::Size size{rows_, d_.W};
  const size_t kind = j / d_.N, head = j % d_.N, half = d_.W / 2;
  if (kind < 2 && rotary_->half > 0)
    kernels::rotate(size, {tile, d_.W}, rotary_->cosine.data() + begin_ * half, rotary_->sine.data() + begin_ * half);
  if (kind == 0) kernels::convert(tile, ws.q.data() + head * d_.T * d_.W + begin_ * d_.W, rows_ * d_.W);
  if (kind == 1)
    kernels::transpose_pairs(size, {tile, d_.W},
                             {ws.k.data() + head * d_.T_even * d_.W + begin_ * kPair<E>, d_.T_even});
  if (kind == 2)
    kernels::interleave_rows(size, {tile, d_.W}, {ws.v.data() + head * d_.T_even * d_.W + begin_ * d_.W, d_.W});
}

template <typename E>
void Attention<E>::attend(Workspace<E>& ws, typename Workspace<E>::Tiles& tiles) const {
  if (rows_ == 0) return;
  const float scale = 1 / std::sqrt(static_cast<float>(d_.W));
  for (size_t head = 0; head < d_.N; ++head) {
    const size_t keys = head * d_.T_even * d_.W;
    scores_(ws.k.data() + keys, ws.q.data() + head * d_.T * d_.W + begin_ * d_.W, tiles.scores.data());
    kernels::softmax_rows<E>({.rows = rows_, .n = d_.T, .padded = d_.T_even, .scale = scale},
                             {tiles.scores.data(), d_.T_even}, {tiles.p.data(), d_.T_even});
    mix_(ws.v.data() + keys, tiles.p.data(), tiles.c0.data());
    for (size_t r = 0; r < rows_; ++r)
      kernels::convert(tiles.c0.data() + r * d_.W, ws.a.data() + (begin_ + r) * d_.D + head * d_.W, d_.W);
  }
}

template class Attention<float>;
template class Attention<kernels::bf16>;

}  // namespace hrm::engine
