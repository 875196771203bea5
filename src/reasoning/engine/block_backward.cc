#include "engine/block_backward.h"

#include <algorithm>
#include <cmath>

#include "kernels/convert.h"
#include "kernels/convolve.h"
#include "kernels/pack.h"
#include "kernels/rms_norm.h"
#include "kernels/softmax.h"
#include "kernels/swiglu.h"

namespace hrm::engine {
namespace {

using kernels::Buffer;
using kernels::Gemm;
using kernels::kPair;
using kernels::Panel;
using kernels::Size;

constexpr size_t kTokenBlock = 128;  // tokens per block where tokens are the features of a product

// Columns of what goes back into the mixer's first matrix.
size_t mixer_columns(const Dims& d) { return d.planes() ? 2 * d.D : d.attention() ? 3 * d.D : 0; }

// Numbers per example in the workspace's operand arrays.
size_t wide_a_of(const Dims& d) {
  return std::max(d.T_even * 2 * d.I, d.mixer ? 2 * d.M * d.D : d.T_even * mixer_columns(d));
}
size_t wide_b_of(const Dims& d) { return std::max(d.T_even * d.I, d.mixer ? d.M * d.D : d.T_even * d.D); }
size_t narrow_of(const Dims& d) { return d.T_even * d.D; }

// x [T,D] as [D,T_even], an odd last column zero.
template <typename E>
void transpose_tokens(const Dims& d, const E* x, E* out) {
  kernels::transpose({d.T, d.D}, Panel<const E>{x, d.D}, {out, d.T_even});
  if (d.T_even == d.T) return;
  for (size_t c = 0; c < d.D; ++c) out[c * d.T_even + d.T] = E{};
}

}  // namespace

TransposedGradients transposed_gradients(const Dims& dims) {
  return {.mixer_in = !dims.mixer, .mixer_out = dims.mixer};
}

template <typename E>
BackwardWorkspace<E>::BackwardWorkspace(const Dims& d, size_t n)
    : examples(n),
      wide_a(n * wide_a_of(d)),
      wide_b(n * wide_b_of(d)),
      narrow_a(n * narrow_of(d)),
      narrow_b(n * narrow_of(d)),
      means(n * d.grid.size() * d.D),
      sums(means.size()),
      dr(d.T * d.D),
      dr_pairs(d.mixer ? d.T_even * d.D : 0),
      inner(std::max({d.T * d.I, 2 * d.M * d.D, d.planes() ? d.T * d.D : 0})),
      d_inner(d.T * std::max(2 * d.I, mixer_columns(d))),
      c0(std::max({d.T, kHiddenBlock}) * std::max(kFeatureBlock, d.attention() ? d.W : 0)),
      c1(c0.size()),
      scores(d.attention() ? d.T * d.T_even : 0),
      p(scores.size()),
      p_t(scores.size()),
      ds(scores.size()),
      ds_t(scores.size()),
      head_a(d.attention() ? d.T_even * d.W : 0),
      head_b(head_a.size()),
      groups(d) {}

template <typename E>
BlockBackward<E>::BlockBackward(const Dims& dims, const kernels::RotaryTable& rotary)
    : d_(dims), rotary_(rotary), wide_a_(wide_a_of(dims)), wide_b_(wide_b_of(dims)), narrow_(narrow_of(dims)) {
  const size_t T = d_.T, Te = d_.T_even, D = d_.D, I = d_.I, W = d_.W, M = d_.M;
  d_inner_ = BlockedGemm<E>({.m = I, .n = T, .k = D, .ldb = D, .ldc = kFeatureBlock});
  mlp_dx_ = BlockedGemm<E>({.m = D, .n = T, .k = 2 * I, .ldb = 2 * I, .ldc = D, .accumulate = true});
  // Sums over the tokens of all examples: operands [T_even, m] in pair layout and [n, T_even].
  const auto over_tokens = [&](size_t m, size_t stride_a) {
    return BlockedGemm<E>({.m = m,
                           .n = D,
                           .k = kPair<E> == 1 ? T : Te,  // without pairs there is no row to fill up
                           .lda = m,
                           .ldb = Te,
                           .ldc = m,
                           .accumulate = true,
                           .stride_a = stride_a,
                           .stride_b = narrow_});
  };
  d_gate_up_ = over_tokens(2 * I, wide_a_);
  d_down_ = over_tokens(I, wide_b_);
  if (d_.mixer) {
    const auto d_hidden = [&](size_t width) {
      return Gemm<E>({.m = width, .n = kHiddenBlock, .k = Te, .lda = D, .ldb = Te, .ldc = width});
    };
    mixer_d_inner_ = d_hidden(std::min(kFeatureBlock, D));
    if (D > kFeatureBlock && D % kFeatureBlock != 0) mixer_d_inner_tail_ = d_hidden(D % kFeatureBlock);
    mixer_dx_ = BlockedGemm<E>({.m = D, .n = T, .k = 2 * M, .lda = D, .ldb = 2 * M, .ldc = D, .accumulate = true});
    // Sums over the channels of all examples: operands [D, T] in pair layout and [n, D].
    const auto over_channels = [&](size_t n, size_t stride_b) {
      return BlockedGemm<E>({.m = T,
                             .n = n,
                             .k = D,
                             .lda = T,
                             .ldb = D,
                             .ldc = T,
                             .accumulate = true,
                             .stride_a = narrow_,
                             .stride_b = stride_b},
                            kTokenBlock);
    };
    d_mixer_in_ = over_channels(2 * M, wide_a_);
    d_mixer_out_ = over_channels(M, wide_b_);
  } else if (d_.planes()) {
    groups_ = GroupBackward<E>(d_);
    mixer_dx_ = BlockedGemm<E>({.m = D, .n = T, .k = 2 * D, .ldb = 2 * D, .ldc = D, .accumulate = true});
    d_mixer_in_ = over_tokens(2 * D, wide_a_);
    const size_t Q = d_.grid.size();
    const auto over_rows = [&](size_t rows, size_t ldb, size_t stride_a, size_t stride_b) {
      return BlockedGemm<E>({.m = D,
                             .n = D,
                             .k = kPair<E> == 1 ? rows : Grid::even(rows),
                             .lda = D,
                             .ldb = ldb,
                             .ldc = (1 + kGroupKinds) * D,
                             .accumulate = true,
                             .stride_a = stride_a,
                             .stride_b = stride_b});
    };
    d_mixer_out_ = over_rows(T, Te, wide_b_, narrow_);
    const auto parts = group_parts(d_.grid);
    for (size_t kind = 0; kind < kGroupKinds; ++kind) d_groups_[kind] = over_rows(parts[kind].rows, Q, Q * D, Q * D);
  } else if (d_.attention()) {
    d_heads_ = BlockedGemm<E>({.m = D, .n = T, .k = D, .ldb = D, .ldc = W}, W);
    mixer_dx_ = BlockedGemm<E>({.m = D, .n = T, .k = 3 * D, .ldb = 3 * D, .ldc = D, .accumulate = true});
    scores_ = Gemm<E>({.m = T, .n = T, .k = W, .lda = Te, .ldb = W, .ldc = Te});
    over_queries_ = Gemm<E>({.m = W, .n = T, .k = Te, .lda = W, .ldb = Te, .ldc = W});
    d_mixer_in_ = over_tokens(3 * D, wide_a_);
    d_mixer_out_ = over_tokens(D, wide_b_);
  }
}

template <typename E>
void BlockBackward<E>::channel_mlp(const PackedBlock<E>& weights, const ExampleBackward<E>& example, size_t i,
                                   BackwardWorkspace<E>& ws) const {
  const BlockStash<E>& stash = *example.stash;
  float* g = example.g;
  const size_t T = d_.T, D = d_.D, I = d_.I;
  kernels::rms_norm_rows_backward<E>({T, D}, {stash.out.data(), D}, stash.scale2.data(), {g, D});
  kernels::convert(g, ws.dr.data(), T * D);
  for (size_t b = 0; b < d_inner_.blocks(); ++b) {
    const size_t c = d_inner_.begin(b);
    d_inner_.block(b, {weights.down_back.data(), ws.dr.data(), ws.c0.data()});
    kernels::swiglu_backward<E>({T, kFeatureBlock},
                                {{stash.gate_up.data() + c, 2 * I}, {stash.gate_up.data() + I + c, 2 * I}},
                                {ws.c0.data(), kFeatureBlock},
                                {.h = {ws.inner.data() + c, I},
                                 .dgate = {ws.d_inner.data() + c, 2 * I},
                                 .dup = {ws.d_inner.data() + I + c, 2 * I}});
  }
  mlp_dx_(weights.gate_up_back.data(), ws.d_inner.data(), g);
  // Operands of d_gate_up and d_down.
  kernels::interleave_rows({T, 2 * I}, Panel<const E>{ws.d_inner.data(), 2 * I},
                           {ws.wide_a.data() + i * wide_a_, 2 * I});
  kernels::interleave_rows({T, I}, Panel<const E>{ws.inner.data(), I}, {ws.wide_b.data() + i * wide_b_, I});
  transpose_tokens(d_, stash.y.data(), ws.narrow_a.data() + i * narrow_);
  transpose_tokens(d_, ws.dr.data(), ws.narrow_b.data() + i * narrow_);
}

// One head: from ws.dr to its columns of ws.d_inner, dL/d(q, k, v before rotation) [T,3D].
template <typename E>
void BlockBackward<E>::attention_head(const PackedBlock<E>& weights, const BlockStash<E>& stash, size_t head,
                                      BackwardWorkspace<E>& ws) const {
  const size_t T = d_.T, Te = d_.T_even, D = d_.D, W = d_.W, at = head * T * W;
  const kernels::SoftmaxShape shape = {.rows = T, .n = T, .padded = Te, .scale = 1 / std::sqrt(static_cast<float>(W))};
  const E *q = stash.q.data() + at, *k = stash.k.data() + at, *v = stash.v.data() + at;
  E *d_out = ws.head_a.data(), *operand = ws.head_b.data();
  const auto store = [&](float* tile, size_t kind) {  // 0: q, 1: k, 2: v
    if (kind < 2 && rotary_.half > 0)
      kernels::rotate_back({T, W}, {tile, W}, rotary_.cosine.data(), rotary_.sine.data());
    for (size_t r = 0; r < T; ++r)
      kernels::convert(tile + r * W, ws.d_inner.data() + r * 3 * D + kind * D + head * W, W);
  };
  // The attention weights once more.
  kernels::transpose_pairs({T, W}, Panel<const E>{k, W}, {operand, Te});
  scores_(operand, q, ws.scores.data());
  kernels::softmax_rows<E>(shape, {ws.scores.data(), Te}, {ws.p.data(), Te});
  // dP = dO V^T, dV = P^T dO
  d_heads_.block(head, {weights.mixer_out_back.data(), ws.dr.data(), ws.c0.data()});
  kernels::convert(ws.c0.data(), d_out, T * W);
  kernels::transpose_pairs({T, W}, Panel<const E>{v, W}, {operand, Te});
  scores_(operand, d_out, ws.scores.data());
  kernels::softmax_backward_rows<E>(shape, {ws.p.data(), Te}, {ws.scores.data(), Te}, {ws.ds.data(), Te});
  kernels::transpose({T, T}, Panel<const E>{ws.p.data(), Te}, {ws.p_t.data(), Te});
  kernels::interleave_rows({T, W}, Panel<const E>{d_out, W}, {operand, W});
  over_queries_(operand, ws.p_t.data(), ws.c1.data());
  store(ws.c1.data(), 2);
  // dQ = dS K, dK = dS^T Q
  kernels::interleave_rows({T, W}, Panel<const E>{k, W}, {operand, W});
  over_queries_(operand, ws.ds.data(), ws.c1.data());
  store(ws.c1.data(), 0);
  kernels::transpose({T, T}, Panel<const E>{ws.ds.data(), Te}, {ws.ds_t.data(), Te});
  kernels::interleave_rows({T, W}, Panel<const E>{q, W}, {operand, W});
  over_queries_(operand, ws.ds_t.data(), ws.c1.data());
  store(ws.c1.data(), 1);
}

template <typename E>
void BlockBackward<E>::attention(const PackedBlock<E>& weights, const ExampleBackward<E>& example, size_t i,
                                 BackwardWorkspace<E>& ws) const {
  const BlockStash<E>& stash = *example.stash;
  float* g = example.g;
  const size_t T = d_.T, D = d_.D;
  kernels::rms_norm_rows_backward<E>({T, D}, {stash.y.data(), D}, stash.scale1.data(), {g, D});
  kernels::convert(g, ws.dr.data(), T * D);
  for (size_t head = 0; head < d_.N; ++head) attention_head(weights, stash, head, ws);
  mixer_dx_(weights.mixer_in_back.data(), ws.d_inner.data(), g);
  // Operands of d_mixer_in and d_mixer_out.
  kernels::interleave_rows({T, 3 * D}, Panel<const E>{ws.d_inner.data(), 3 * D},
                           {ws.wide_a.data() + i * wide_a_, 3 * D});
  kernels::interleave_rows({T, D}, Panel<const E>{stash.a.data(), D}, {ws.wide_b.data() + i * wide_b_, D});
  transpose_tokens(d_, stash.x.data(), ws.narrow_a.data() + i * narrow_);
  transpose_tokens(d_, ws.dr.data(), ws.narrow_b.data() + i * narrow_);
}

template <typename E>
void BlockBackward<E>::local(const PackedBlock<E>& weights, const ExampleBackward<E>& example, BackwardWorkspace<E>& ws,
                             float* d_taps) const {
  const BlockStash<E>& stash = *example.stash;
  float* g = example.g;
  const kernels::GridShape grid{d_.grid.height, d_.grid.width, d_.D};
  kernels::rms_norm_rows_backward<E>({d_.T, d_.D}, {stash.y.data(), d_.D}, stash.scale1.data(), {g, d_.D});
  kernels::convert(g, ws.dr.data(), d_.T * d_.D);
  kernels::convolve_gradient<E>(grid, stash.x.data(), ws.dr.data(), d_taps);
  kernels::convolve<E>({.shape = grid,
                        .cells = {0, d_.T},
                        .taps = kernels::Taps::kBackward,
                        .x = ws.dr.data(),
                        .weights = weights.local.data()},
                       g);
}

template <typename E>
void BlockBackward<E>::planes(const PackedBlock<E>& weights, const ExampleBackward<E>& example, size_t i,
                              BackwardWorkspace<E>& ws) const {
  const BlockStash<E>& stash = *example.stash;
  float* g = example.g;
  const size_t T = d_.T, D = d_.D, Q = d_.grid.size();
  kernels::rms_norm_rows_backward<E>({T, D}, {stash.y.data(), D}, stash.scale1.data(), {g, D});
  kernels::convert(g, ws.dr.data(), T * D);
  groups_.run(weights, {stash, g, ws.dr.data()}, ws.groups, {.u = ws.inner.data(), .d_inner = ws.d_inner.data()});
  mixer_dx_(weights.mixer_in_back.data(), ws.d_inner.data(), g);
  // Operands of d_mixer_in, d_mixer_out and d_groups.
  kernels::interleave_rows({T, 2 * D}, Panel<const E>{ws.d_inner.data(), 2 * D},
                           {ws.wide_a.data() + i * wide_a_, 2 * D});
  kernels::interleave_rows({T, D}, Panel<const E>{ws.inner.data(), D}, {ws.wide_b.data() + i * wide_b_, D});
  transpose_tokens(d_, stash.x.data(), ws.narrow_a.data() + i * narrow_);
  transpose_tokens(d_, ws.dr.data(), ws.narrow_b.data() + i * narrow_);
  kernels::interleave_rows({Q, D}, Panel<const E>{stash.means.data(), D}, {ws.means.data() + i * Q * D, D});
  kernels::transpose({Q, D}, Panel<const E>{ws.groups.sums_e.data(), D}, {ws.sums.data() + i * Q * D, Q});
}

template <typename E>
void BlockBackward<E>::token_mixer(const PackedBlock<E>& weights, const ExampleBackward<E>& example, size_t i,
                                   BackwardWorkspace<E>& ws) const {
  const BlockStash<E>& stash = *example.stash;
  float* g = example.g;
  const size_t T = d_.T, D = d_.D, M = d_.M;
  E *d_hidden = ws.wide_a.data() + i * wide_a_, *hidden = ws.wide_b.data() + i * wide_b_;
  kernels::rms_norm_columns_backward<E>({T, D}, {stash.y.data(), D}, stash.scale1.data(), {g, D});
  kernels::interleave_rows({T, D}, Panel<const float>{g, D}, Panel<E>{ws.dr_pairs.data(), D});
  for (size_t c = 0; c < D; c += kFeatureBlock) {
    const size_t width = std::min(kFeatureBlock, D - c);
    const Gemm<E>& product = width == std::min(kFeatureBlock, D) ? mixer_d_inner_ : mixer_d_inner_tail_;
    for (size_t m = 0; m < M; m += kHiddenBlock) {
      product(ws.dr_pairs.data() + c * kPair<E>, weights.mixer_out_back.data() + m * d_.T_even, ws.c0.data());
      const size_t gate = m * D + c, up = (M + m) * D + c;
      kernels::swiglu_backward<E>(
          {kHiddenBlock, width}, {{stash.mixer_gate_up.data() + gate, D}, {stash.mixer_gate_up.data() + up, D}},
          {ws.c0.data(), width}, {.h = {hidden + gate, D}, .dgate = {d_hidden + gate, D}, .dup = {d_hidden + up, D}});
    }
  }
  // Operands of d_mixer_in and d_mixer_out; dr before the input's share is added to g.
  kernels::transpose_pairs({T, D}, Panel<const float>{g, D}, Panel<E>{ws.narrow_b.data() + i * narrow_, T});
  kernels::transpose_pairs({T, D}, Panel<const E>{stash.x.data(), D}, {ws.narrow_a.data() + i * narrow_, T});
  kernels::interleave_rows({2 * M, D}, Panel<const E>{d_hidden, D}, {ws.inner.data(), D});
  mixer_dx_(ws.inner.data(), weights.mixer_in_back.data(), g);
}

template <typename E>
void BlockBackward<E>::run(const PackedBlock<E>& weights, std::span<const ExampleBackward<E>> examples,
                           BackwardWorkspace<E>& ws, const BlockGradient& gradient) const {
  const size_t n = examples.size();
  for (size_t i = 0; i < n; ++i) channel_mlp(weights, examples[i], i, ws);
  d_gate_up_(ws.wide_a.data(), ws.narrow_a.data(), gradient.gate_up, n);
  d_down_(ws.wide_b.data(), ws.narrow_b.data(), gradient.down, n);
  if (d_.mixer) {
    for (size_t i = 0; i < n; ++i) token_mixer(weights, examples[i], i, ws);
    d_mixer_in_(ws.narrow_a.data(), ws.wide_a.data(), gradient.mixer_in, n);
    d_mixer_out_(ws.narrow_b.data(), ws.wide_b.data(), gradient.mixer_out, n);
  } else if (d_.local) {
    for (size_t i = 0; i < n; ++i) local(weights, examples[i], ws, gradient.mixer_in);
  } else if (d_.planes()) {
    for (size_t i = 0; i < n; ++i) planes(weights, examples[i], i, ws);
    d_mixer_in_(ws.wide_a.data(), ws.narrow_a.data(), gradient.mixer_in, n);
    d_mixer_out_(ws.wide_b.data(), ws.narrow_b.data(), gradient.mixer_out, n);
    const auto parts = group_parts(d_.grid);
    for (size_t kind = 0; kind < kGroupKinds; ++kind)
      d_groups_[kind](ws.means.data() + parts[kind].at * d_.D, ws.sums.data() + parts[kind].at,
                      gradient.mixer_out + (1 + kind) * d_.D, n);
  } else {
    for (size_t i = 0; i < n; ++i) attention(weights, examples[i], i, ws);
    d_mixer_in_(ws.wide_a.data(), ws.narrow_a.data(), gradient.mixer_in, n);
    d_mixer_out_(ws.wide_b.data(), ws.narrow_b.data(), gradient.mixer_out, n);
  }
}

template struct BackwardWorkspace<float>;
template struct BackwardWorkspace<kernels::bf16>;
template class BlockBackward<float>;
template class BlockBackward<kernels::bf16>;

}  // namespace hrm::engine
