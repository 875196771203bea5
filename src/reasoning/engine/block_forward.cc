#include "engine/block_forward.h"

#include <algorithm>

#include "kernels/convert.h"
#include "kernels/convolve.h"
#include "kernels/pack.h"
#include "kernels/rms_norm.h"
#include "kernels/swiglu.h"

namespace hrm::engine {

using kernels::Gemm;

template <typename E>
BlockStash<E>::BlockStash(const Dims& d)
    : x(d.T * d.D),
      q(d.attention() ? d.T * d.D : 0),
      k(q.size()),
      v(q.size()),
      a(q.size()),
      mixer_gate_up(2 * (d.planes() ? d.T : d.M) * d.D),
      means(d.grid.size() * d.D),
      y(d.T * d.D),
      gate_up(d.T * 2 * d.I),
      out(d.T * d.D),
      scale1(d.mixer ? d.D : d.T),
      scale2(d.T) {}

template <typename E>
BlockForward<E>::BlockForward(const BlockShape& shape, size_t team_size)
    : d_(shape.dims), epsilon_(shape.epsilon), rotary_(shape.rotary) {
  if (d_.planes()) {
    groups_ = GroupForward<E>(d_);
    for (size_t plane = 0; plane < d_.grid.planes; ++plane)
      rows_.push_back(make_rows(plane * d_.S, (plane + 1) * d_.S));
    return;
  }
  const Team team(team_size);
  for (size_t rank = 0; rank < team_size; ++rank) {
    const auto [begin, end] = team.share(rank, d_.T, 2);
    rows_.push_back(make_rows(begin, end));
  }
  if (!d_.mixer) return;
  const auto kernels_for = [&](size_t width, Gemm<E>& in, Gemm<E>& out) {
    if (width == 0) return;
    in = Gemm<E>({.m = width, .n = kHiddenBlock, .k = d_.T_even, .lda = width, .ldb = d_.T_even, .ldc = width});
    out = Gemm<E>({.m = width, .n = d_.T, .k = d_.M, .lda = width, .ldb = d_.M, .ldc = d_.D, .accumulate = true});
  };
  kernels_for(std::min(kFeatureBlock, d_.D), mixer_in_, mixer_out_);
  kernels_for(d_.D > kFeatureBlock ? d_.D % kFeatureBlock : 0, mixer_in_tail_, mixer_out_tail_);
}

template <typename E>
auto BlockForward<E>::make_rows(size_t begin, size_t end) const -> Rows {
  const size_t n = end - begin;
  Rows r{.begin = begin, .end = end, .qkv = {}, .out = {}, .gate_up = {}, .down = {}, .attention = {}};
  if (n == 0) return r;
  if (d_.attention()) {
    r.qkv = BlockedGemm<E>({.m = 3 * d_.D, .n = n, .k = d_.D, .ldb = d_.D, .ldc = d_.W}, d_.W);
    r.attention = Attention<E>(d_, rotary_, begin, end);
    r.out = BlockedGemm<E>({.m = d_.D, .n = n, .k = d_.D, .ldb = d_.D, .ldc = d_.D, .accumulate = true});
  }
  r.gate_up = BlockedGemm<E>({.m = 2 * d_.I, .n = n, .k = d_.D, .ldb = d_.D, .ldc = kFeatureBlock});
  r.down = BlockedGemm<E>({.m = d_.D, .n = n, .k = d_.I, .ldb = d_.I, .ldc = d_.D, .accumulate = true});
  return r;
}

// Q, K and V of the rows, head by head.
template <typename E>
void BlockForward<E>::project_heads(const PackedBlock<E>& weights, const Worker<E>& worker,
                                    BlockStash<E>* stash) const {
  const Rows& rows = rows_[worker.rank];
  Workspace<E>& ws = worker.ws;
  float* tile = ws.tiles[worker.rank].c0.data();
  for (size_t j = 0; j < 3 * d_.N; ++j) {
    rows.qkv.block(j, {weights.mixer_in.data(), ws.xe.data() + rows.begin * d_.D, tile});
    rows.attention.store(j, tile, ws);
    if (!stash) continue;
    auto& kept = j < d_.N ? stash->q : j < 2 * d_.N ? stash->k : stash->v;
    kernels::convert(tile, kept.data() + (j % d_.N * d_.T + rows.begin) * d_.W, rows.size() * d_.W);
  }
}

template <typename E>
void BlockForward<E>::attention(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const {
  Workspace<E>& ws = worker.ws;
  const Rows& rows = rows_[worker.rank];
  worker.team.sync();  // the block before may still read K and V
  if (rows.size() > 0) project_heads(weights, worker, stash);
  worker.team.sync();  // K and V of all rows are there
  if (rows.size() == 0) return;
  rows.attention.attend(ws, ws.tiles[worker.rank]);
  if (stash) std::copy_n(ws.a.data(), d_.T * d_.D, stash->a.data());
  const size_t at = rows.begin * d_.D;
  rows.out(weights.mixer_out.data(), ws.a.data() + at, ws.x.data() + at);
  kernels::rms_norm_rows<E>({rows.size(), d_.D}, {ws.x.data() + at, d_.D}, epsilon_,
                            {.y = {ws.xe.data() + at, d_.D}, .scales = stash ? stash->scale1.data() : nullptr});
}

// The token mixer on some channels: every channel is a row of T tokens. Channels lie side by side,
// so the activations are the left operand and the weights, as stored, the right one; nothing is transposed.
template <typename E>
void BlockForward<E>::mix_channels(const PackedBlock<E>& weights, Channels channels, const Worker<E>& worker,
                                   BlockStash<E>* stash) const {
  Workspace<E>& ws = worker.ws;
  auto& tiles = ws.tiles[worker.rank];
  const auto [begin, width] = channels;
  const bool full = width == std::min(kFeatureBlock, d_.D);
  const Gemm<E>&in = full ? mixer_in_ : mixer_in_tail_, &out = full ? mixer_out_ : mixer_out_tail_;
  kernels::interleave_rows({d_.T, width}, {ws.xe.data() + begin, d_.D}, {tiles.p.data(), width});
  for (size_t m = 0; m < d_.M; m += kHiddenBlock) {
    in(tiles.p.data(), weights.mixer_in.data() + m * d_.T_even, tiles.c0.data());
    in(tiles.p.data(), weights.mixer_in.data() + (d_.M + m) * d_.T_even, tiles.c1.data());
    kernels::swiglu_interleaved<E>({kHiddenBlock, width}, {tiles.c0.data(), width}, {tiles.c1.data(), width},
                                   {tiles.inner.data() + m * width, width});
    if (!stash) continue;
    for (size_t r = 0; r < kHiddenBlock; ++r) {
      kernels::convert(tiles.c0.data() + r * width, stash->mixer_gate_up.data() + (m + r) * d_.D + begin, width);
      kernels::convert(tiles.c1.data() + r * width, stash->mixer_gate_up.data() + (d_.M + m + r) * d_.D + begin, width);
    }
  }
  out(tiles.inner.data(), weights.mixer_out.data(), ws.x.data() + begin);
  kernels::rms_norm_columns<E>(
      {d_.T, width}, {ws.x.data() + begin, d_.D}, epsilon_,
      {.y = {ws.xe.data() + begin, d_.D}, .scales = stash ? stash->scale1.data() + begin : nullptr});
}

template <typename E>
void BlockForward<E>::token_mixer(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const {
  worker.team.sync();  // all rows are written: from here the work is split by channels
  const auto [begin, end] = worker.team.share(worker.rank, d_.D, kFeatureBlock);
  for (size_t c = begin; c < end; c += kFeatureBlock)
    mix_channels(weights, {c, std::min(kFeatureBlock, d_.D - c)}, worker, stash);
  worker.team.sync();
}

template <typename E>
void BlockForward<E>::local(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const {
  Workspace<E>& ws = worker.ws;
  const Rows& rows = rows_[worker.rank];
  worker.team.sync();  // the input of all cells is there
  kernels::convolve<E>({.shape = {d_.grid.height, d_.grid.width, d_.D},
                        .cells = {rows.begin, rows.end},
                        .taps = kernels::Taps::kForward,
                        .x = ws.xe.data(),
                        .weights = weights.local.data()},
                       ws.x.data());
  worker.team.sync();  // and has been read
  if (rows.size() == 0) return;
  const size_t at = rows.begin * d_.D;
  kernels::rms_norm_rows<E>({rows.size(), d_.D}, {ws.x.data() + at, d_.D}, epsilon_,
                            {.y = {ws.xe.data() + at, d_.D}, .scales = stash ? stash->scale1.data() : nullptr});
}

template <typename E>
void BlockForward<E>::planes(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const {
  Workspace<E>& ws = worker.ws;
  worker.team.sync();  // all rows are written: from here the work is split by planes
  groups_.gather(weights, worker, stash);
  worker.team.sync();  // u of all planes is there
  groups_.gather_cells(weights, worker, stash);
  worker.team.sync();  // and what all cells give
  const auto [first, last] = worker.team.share(worker.rank, d_.grid.planes, 1);
  for (size_t plane = first; plane < last; ++plane) {
    const Rows& rows = rows_[plane];
    const size_t at = rows.begin * d_.D;
    groups_.add(weights, plane, worker);
    kernels::rms_norm_rows<E>(
        {rows.size(), d_.D}, {ws.x.data() + at, d_.D}, epsilon_,
        {.y = {ws.xe.data() + at, d_.D}, .scales = stash ? stash->scale1.data() + rows.begin : nullptr});
    if (stash) std::copy_n(ws.xe.data() + at, rows.size() * d_.D, stash->y.data() + at);
    channel_mlp(weights, rows, worker, stash);
  }
  worker.team.sync();
}

template <typename E>
void BlockForward<E>::channel_mlp(const PackedBlock<E>& weights, const Rows& rows, const Worker<E>& worker,
                                  BlockStash<E>* stash) const {
  Workspace<E>& ws = worker.ws;
  const size_t n = rows.size(), at = rows.begin * d_.D;
  if (n == 0) return;
  auto& tiles = ws.tiles[worker.rank];
  E* h = ws.h.data() + rows.begin * d_.I;
  const size_t ups = rows.gate_up.blocks() / 2;  // I is a multiple of 64
  for (size_t b = 0; b < ups; ++b) {
    const size_t c = b * kFeatureBlock;
    rows.gate_up.block(b, {weights.gate_up.data(), ws.xe.data() + at, tiles.c0.data()});
    rows.gate_up.block(ups + b, {weights.gate_up.data(), ws.xe.data() + at, tiles.c1.data()});
    const kernels::Size size{n, kFeatureBlock};
    const kernels::Panel<const float> gate{tiles.c0.data(), kFeatureBlock}, up{tiles.c1.data(), kFeatureBlock};
    if (stash)
      kernels::swiglu_keep<E>(size, gate, up,
                              {.h = {h + c, d_.I},
                               .gate = {stash->gate_up.data() + rows.begin * 2 * d_.I + c, 2 * d_.I},
                               .up = {stash->gate_up.data() + rows.begin * 2 * d_.I + d_.I + c, 2 * d_.I}});
    else
      kernels::swiglu<E>(size, gate, up, {h + c, d_.I});
  }
  rows.down(weights.down.data(), h, ws.x.data() + at);
  kernels::rms_norm_rows<E>(
      {n, d_.D}, {ws.x.data() + at, d_.D}, epsilon_,
      {.y = {ws.xe.data() + at, d_.D}, .scales = stash ? stash->scale2.data() + rows.begin : nullptr});
}

template <typename E>
void BlockForward<E>::run(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const {
  Workspace<E>& ws = worker.ws;
  if (stash) std::copy_n(ws.xe.data(), d_.T * d_.D, stash->x.data());
  if (d_.planes()) {
    planes(weights, worker, stash);
  } else {
    if (d_.mixer)
      token_mixer(weights, worker, stash);
    else if (d_.local)
      local(weights, worker, stash);
    else
      attention(weights, worker, stash);
    if (stash) std::copy_n(ws.xe.data(), d_.T * d_.D, stash->y.data());
    channel_mlp(weights, rows_[worker.rank], worker, stash);
  }
  if (stash) std::copy_n(ws.xe.data(), d_.T * d_.D, stash->out.data());
}

template struct BlockStash<float>;
template struct BlockStash<kernels::bf16>;
template class BlockForward<float>;
template class BlockForward<kernels::bf16>;

}  // namespace hrm::engine
