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

namespace {

// The features of one piece of the weights, of quantized rows of activations.
template <typename Quantized>
kernels::Int8Product<uint8_t, int8_t> product_of(const Quantized& x, const Int8Matrix& weights,
                                                 const Int8Piece& piece) {
  return {.n = x.rows,
          .m = piece.width,
          .k = whole_groups(x.width),
          .rows = x.bytes,
          .columns = {weights.values.data() + piece.offset, piece.ld},
          .row_scale = x.scales,
          .column_scale = weights.scale.data() + piece.begin,
          .correction = weights.correction.data() + piece.begin};
}

}  // namespace

template <typename E>
BlockForwardInt8<E>::BlockForwardInt8(const BlockShape& shape, size_t team_size)
    : d_(shape.dims), epsilon_(shape.epsilon) {
  const Team team(team_size);
  for (size_t rank = 0; rank < team_size; ++rank) {
    const auto [begin, end] = team.share(rank, d_.T, 2);
    rows_.push_back({begin, end, d_.mixer ? Attention<E>() : Attention<E>(d_, shape.rotary, begin, end)});
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
auto BlockForwardInt8<E>::quantize(const Rows& rows, const kernels::Buffer<X>& x, size_t width, Workspace<E>& ws) const
    -> Quantized {
  const Panel<uint8_t> bytes = {ws.bytes.data() + rows.begin * ws.bytes_ld, ws.bytes_ld};
  float* scales = ws.byte_scales.data() + rows.begin;
  kernels::quantize_rows<X>({rows.size(), width}, {x.data() + rows.begin * width, width}, bytes, scales);
  return {.rows = rows.size(), .width = width, .bytes = bytes, .scales = scales};
}

// residual <- rms_norm(residual + x weights^T), of the same rows.
template <typename E>
void BlockForwardInt8<E>::add_product(const Quantized& x, const Int8Matrix& weights,
                                      const std::vector<Int8Piece>& pieces, float* residual) const {
  for (const Int8Piece& piece : pieces)
    kernels::multiply_int8(product_of(x, weights, piece), {residual + piece.begin, d_.D}, true);
  kernels::rms_norm_rows<E>({x.rows, d_.D}, {residual, d_.D}, epsilon_, {});
}

template <typename E>
void BlockForwardInt8<E>::attention(const Int8Block& weights, const Worker<E>& worker) const {
  Workspace<E>& ws = worker.ws;
  const Rows& rows = rows_[worker.rank];
  auto& tiles = ws.tiles[worker.rank];
  worker.team.sync();  // the block before may still read K and V
  if (rows.size() > 0) {
    const Quantized x = quantize(rows, ws.x, d_.D, ws);
    for (const Int8Piece& piece : qkv_) {
      const size_t at = piece.begin % d_.W;
      kernels::multiply_int8(product_of(x, weights.mixer_in, piece), {tiles.c0.data() + at, d_.W}, false);
      if (at + piece.width == d_.W) rows.attention.store(piece.begin / d_.W, tiles.c0.data(), ws);
    }
  }
  worker.team.sync();  // K and V of all rows are there
  if (rows.size() == 0) return;
  rows.attention.attend(ws, tiles);
  add_product(quantize(rows, ws.a, d_.D, ws), weights.mixer_out, out_, ws.x.data() + rows.begin * d_.D);
}

// As BlockForward::mix_channels: channels are columns, the weights, as stored, the left-hand operand.
template <typename E>
void BlockForwardInt8<E>::mix_channels(const Int8Block& weights, size_t begin, size_t width,
                                       const Worker<E>& worker) const {
  Workspace<E>& ws = worker.ws;
  auto& tiles = ws.tiles[worker.rank];
  const Panel<float> x = {ws.x.data() + begin, d_.D};
  const Panel<uint8_t> bytes = {tiles.bytes.data(), kFeatureBlock};
  // Rows [row, row + rows) of w, times the quantized columns.
  const auto product = [&](const Int8Matrix& w, size_t row, size_t rows, size_t in) {
    const size_t k = whole_groups(in);
    return kernels::Int8Product<int8_t, uint8_t>{.n = rows,
                                                 .m = width,
                                                 .k = k,
                                                 .rows = {w.values.data() + row * k, k},
                                                 .columns = bytes,
                                                 .row_scale = w.scale.data() + row,
                                                 .column_scale = tiles.byte_scales.data(),
                                                 .correction = w.correction.data() + row};
  };
  kernels::quantize_columns<float>({d_.T, width}, x, bytes, tiles.byte_scales.data());
  for (size_t m = 0; m < d_.M; m += kHiddenBlock) {
    const Panel<float> gate = {tiles.c0.data(), kFeatureBlock}, up = {tiles.c1.data(), kFeatureBlock};
    kernels::multiply_int8(product(weights.mixer_in, m, kHiddenBlock, d_.T), gate, false);
    kernels::multiply_int8(product(weights.mixer_in, d_.M + m, kHiddenBlock, d_.T), up, false);
    kernels::swiglu<E>({kHiddenBlock, width}, gate, up, {tiles.inner.data() + m * kFeatureBlock, kFeatureBlock});
  }
  kernels::quantize_columns<E>({d_.M, width}, {tiles.inner.data(), kFeatureBlock}, bytes, tiles.byte_scales.data());
  kernels::multiply_int8(product(weights.mixer_out, 0, d_.T, d_.M), x, true);
  kernels::rms_norm_columns<E>({d_.T, width}, x, epsilon_, {});
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
  const Quantized x = quantize(rows, ws.x, d_.D, ws);
  const size_t ups = gate_up_.size() / 2;  // I is a multiple of 256
  for (size_t b = 0; b < ups; ++b) {
    kernels::multiply_int8(product_of(x, weights.gate_up, gate_up_[b]), gate, false);
    kernels::multiply_int8(product_of(x, weights.gate_up, gate_up_[ups + b]), up, false);
    kernels::swiglu<E>({rows.size(), kFeatureBlock}, gate, up,
                       {ws.h.data() + rows.begin * d_.I + b * kFeatureBlock, d_.I});
  }
  add_product(quantize(rows, ws.h, d_.I, ws), weights.down, down_, ws.x.data() + rows.begin * d_.D);
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
