#include "engine/block_forward_int8.h"

#include <algorithm>

#include "engine/blocked_gemm.h"
#include "kernels/gemm_int8.h"
#include "kernels/rms_norm.h"
#include "kernels/swiglu.h"

namespace hrm::engine {

using kernels::Panel;
using kernels::whole_groups;

static_assert(kFeatureBlock == kernels::kInt8Columns);

template <typename E>
BlockForwardInt8<E>::BlockForwardInt8(const Dims& dims, float epsilon, const kernels::RotaryTable& rotary,
                                      size_t team_size)
    : d_(dims), epsilon_(epsilon) {
  const Team team(team_size);
  for (size_t rank = 0; rank < team_size; ++rank) {
    const auto [begin, end] = team.share(rank, d_.T, 2);
    rows_.push_back({begin, end, d_.mixer ? Attention<E>() : Attention<E>(d_, rotary, begin, end)});
  }
  if (!d_.mixer) {
    qkv_ = int8_pieces(3 * d_.D, d_.D, d_.W);
    out_ = int8_pieces(d_.D, d_.D, d_.D);
  }
  gate_up_ = int8_pieces(2 * d_.I, d_.D, 2 * d_.I);
  down_ = int8_pieces(d_.D, d_.I, d_.D);
}

// The rows of x [T,width] into ws.bytes.
template <typename E>
template <typename X>
void BlockForwardInt8<E>::quantize(const Rows& rows, const kernels::Buffer<X>& x, size_t width,
                                   Workspace<E>& ws) const {
  kernels::quantize_rows<X>({rows.size(), width}, {x.data() + rows.begin * width, width},
                            {ws.bytes.data() + rows.begin * ws.bytes_ld, ws.bytes_ld},
                            ws.byte_scales.data() + rows.begin);
}

// c: of the rows, the piece's features.
template <typename E>
void BlockForwardInt8<E>::multiply(const Int8Matrix& weights, const Int8Piece& piece, size_t in, const Rows& rows,
                                   const Workspace<E>& ws, Panel<float> c, bool accumulate) const {
  kernels::multiply_int8<uint8_t, int8_t>({.n = rows.size(),
                                           .m = piece.width,
                                           .k = whole_groups(in),
                                           .rows = {ws.bytes.data() + rows.begin * ws.bytes_ld, ws.bytes_ld},
                                           .columns = {weights.values.data() + piece.offset, piece.ld},
                                           .row_scale = ws.byte_scales.data() + rows.begin,
                                           .column_scale = weights.scale.data() + piece.begin,
                                           .correction = weights.correction.data() + piece.begin},
                                          c, accumulate);
}

// x <- rms_norm(x + bytes weights^T)
template <typename E>
void BlockForwardInt8<E>::add_product(const Int8Matrix& weights, const std::vector<Int8Piece>& pieces, size_t in,
                                      const Rows& rows, Workspace<E>& ws) const {
  float* x = ws.x.data() + rows.begin * d_.D;
  for (const Int8Piece& piece : pieces) multiply(weights, piece, in, rows, ws, {x + piece.begin, d_.D}, true);
  kernels::rms_norm_rows<E>({rows.size(), d_.D}, {x, d_.D}, epsilon_, {}, nullptr);
}

template <typename E>
void BlockForwardInt8<E>::attention(const Int8Block& weights, const Worker<E>& worker) const {
  Workspace<E>& ws = worker.ws;
  const Rows& rows = rows_[worker.rank];
  auto& tiles = ws.tiles[worker.rank];
  worker.team.sync();  // the block before may still read K and V
  if (rows.size() > 0) {
    quantize(rows, ws.x, d_.D, ws);
    for (const Int8Piece& piece : qkv_) {
      const size_t at = piece.begin % d_.W;
      multiply(weights.mixer_in, piece, d_.D, rows, ws, {tiles.c0.data() + at, d_.W}, false);
      if (at + piece.width == d_.W) rows.attention.store(piece.begin / d_.W, tiles.c0.data(), ws);
    }
  }
  worker.team.sync();  // K and V of all rows are there
  if (rows.size() == 0) return;
  rows.attention.attend(ws, tiles);
  quantize(rows, ws.a, d_.D, ws);
  add_product(weights.mixer_out, out_, d_.D, rows, ws);
}

// As BlockForward::mix_channels: channels are columns, the weights, as stored, the left-hand operand.
template <typename E>
void BlockForwardInt8<E>::mix_channels(const Int8Block& weights, size_t begin, size_t width,
                                       const Worker<E>& worker) const {
  Workspace<E>& ws = worker.ws;
  auto& tiles = ws.tiles[worker.rank];
  const Panel<float> x = {ws.x.data() + begin, d_.D};
  const Panel<uint8_t> bytes = {tiles.bytes.data(), kFeatureBlock};
  const auto multiply_rows = [&](const Int8Matrix& w, size_t row, size_t rows, size_t in, Panel<float> c, bool add) {
    const size_t k = whole_groups(in);
    kernels::multiply_int8<int8_t, uint8_t>({.n = rows,
                                             .m = width,
                                             .k = k,
                                             .rows = {w.values.data() + row * k, k},
                                             .columns = bytes,
                                             .row_scale = w.scale.data() + row,
                                             .column_scale = tiles.byte_scales.data(),
                                             .correction = w.correction.data() + row},
                                            c, add);
  };
  kernels::quantize_columns<float>({d_.T, width}, x, bytes, tiles.byte_scales.data());
  for (size_t m = 0; m < d_.M; m += kHiddenBlock) {
    const Panel<float> gate = {tiles.c0.data(), kFeatureBlock}, up = {tiles.c1.data(), kFeatureBlock};
    multiply_rows(weights.mixer_in, m, kHiddenBlock, d_.T, gate, false);
    multiply_rows(weights.mixer_in, d_.M + m, kHiddenBlock, d_.T, up, false);
    kernels::swiglu<E>({kHiddenBlock, width}, gate, up, {tiles.inner.data() + m * kFeatureBlock, kFeatureBlock});
  }
  kernels::quantize_columns<E>({d_.M, width}, {tiles.inner.data(), kFeatureBlock}, bytes, tiles.byte_scales.data());
  multiply_rows(weights.mixer_out, 0, d_.T, d_.M, x, true);
  kernels::rms_norm_columns<E>({d_.T, width}, x, epsilon_, {}, nullptr);
}

template <typename E>
void BlockForwardInt8<E>::token_mixer(const Int8Block& weights, const Worker<E>& worker) const {
  worker.team.sync();  // all rows are written: from here the work is split by channels
  const auto [begin, end] = worker.team.share(worker.rank, d_.D, kFeatureBlock);
  for (size_t c = begin; c < end; c += kFeatureBlock)
    mix_channels(weights, c, std::min(kFeatureBlock, d_.D - c), worker);
  worker.team.sync();
}

template <typename E>
void BlockForwardInt8<E>::channel_mlp(const Int8Block& weights, const Worker<E>& worker) const {
  Workspace<E>& ws = worker.ws;
  const Rows& rows = rows_[worker.rank];
  if (rows.size() == 0) return;
  auto& tiles = ws.tiles[worker.rank];
  const Panel<float> gate = {tiles.c0.data(), kFeatureBlock}, up = {tiles.c1.data(), kFeatureBlock};
  quantize(rows, ws.x, d_.D, ws);
  const size_t ups = gate_up_.size() / 2;  // I is a multiple of 256
  for (size_t b = 0; b < ups; ++b) {
    multiply(weights.gate_up, gate_up_[b], d_.D, rows, ws, gate, false);
    multiply(weights.gate_up, gate_up_[ups + b], d_.D, rows, ws, up, false);
    kernels::swiglu<E>({rows.size(), kFeatureBlock}, gate, up,
                       {ws.h.data() + rows.begin * d_.I + b * kFeatureBlock, d_.I});
  }
  quantize(rows, ws.h, d_.I, ws);
  add_product(weights.down, down_, d_.I, rows, ws);
}

template <typename E>
void BlockForwardInt8<E>::run(const Int8Block& weights, const Worker<E>& worker) const {
  if (d_.mixer)
    token_mixer(weights, worker);
  else
    attention(weights, worker);
  channel_mlp(weights, worker);
}

template class BlockForwardInt8<float>;
template class BlockForwardInt8<kernels::bf16>;

}  // namespace hrm::engine
