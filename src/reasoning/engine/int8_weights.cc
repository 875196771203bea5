#include "engine/int8_weights.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/threads.h"
#include "kernels/gemm_int8.h"

namespace hrm::engine {
namespace {

using kernels::Buffer;
using kernels::kGroup;

constexpr size_t kMostInputs = 130'000;

// Quantizes feature by feature; place(feature, input): where its byte goes.
template <typename Place>
Int8Matrix quantize(const MatrixView& m, size_t size, Place place) {
  if (m.columns > kMostInputs)
    throw bad_input("engine.pack_int8", "a matrix of {} x {}: int8 sums take at most {} inputs; use bfloat16", m.rows,
                    m.columns, kMostInputs);
  Int8Matrix to{.values = Buffer<int8_t>(size), .scale = Buffer<float>(m.rows), .correction = Buffer<int32_t>(m.rows)};
  for (size_t r = 0; r < m.rows; ++r) {
    const float* w = m.data + r * m.columns;
    float largest = 0;
    for (size_t i = 0; i < m.columns; ++i) largest = std::max(largest, std::abs(w[i]));
    const float factor = largest > 0 ? 127 / largest : 0;
    int32_t sum = 0;
    for (size_t i = 0; i < m.columns; ++i) {
      const auto byte = static_cast<int8_t>(std::nearbyint(std::clamp(w[i] * factor, -127.f, 127.f)));
      to.values[place(r, i)] = byte;
      sum += byte;
    }
    to.scale[r] = largest / 127;
    to.correction[r] = sum * kernels::kZeroPoint;
  }
  return to;
}

Int8Matrix quantize_pieces(const MatrixView& m, size_t group) {
  const std::vector<Int8Piece> pieces = int8_pieces(m.rows, m.columns, group);
  std::vector<const Int8Piece*> piece_of(m.rows);
  for (const Int8Piece& piece : pieces) std::fill_n(piece_of.begin() + piece.begin, piece.width, &piece);
  const size_t size = pieces.back().offset + pieces.back().ld * kernels::whole_groups(m.columns);
  return quantize(m, size, [&](size_t r, size_t i) {
    const Int8Piece& piece = *piece_of[r];
    return piece.offset + (i / kGroup * piece.ld + r - piece.begin) * kGroup + i % kGroup;
  });
}

Int8Matrix quantize_rows(const MatrixView& m) {
  const size_t ld = kernels::whole_groups(m.columns);
  return quantize(m, m.rows * ld, [=](size_t r, size_t i) { return r * ld + i; });
}

}  // namespace

std::vector<Int8Piece> int8_pieces(size_t out, size_t in, size_t group) {
  std::vector<Int8Piece> pieces;
  size_t offset = 0;
  for (size_t begin = 0; begin < out;) {
    const size_t end = std::min({begin + kernels::kInt8Columns, (begin / group + 1) * group, out});
    const size_t ld = (end - begin + 15) / 16 * 16;
    pieces.push_back({begin, end - begin, ld, offset});
    offset += ld * kernels::whole_groups(in);
    begin = end;
  }
  return pieces;
}

Int8Nets pack_int8(const FlatWeights& weights, size_t threads) {
  const Dims& d = weights.dims;
  Int8Nets nets;
  std::vector<std::function<void()>> jobs;
  const auto add = [&](size_t i, Int8Matrix& to, size_t group) {  // group 0: rows
    const MatrixView m = weights.matrix(i);
    jobs.push_back([=, &to] { to = group == 0 ? quantize_rows(m) : quantize_pieces(m, group); });
  };
  const auto add_net = [&](const std::vector<BlockIndex>& index, std::vector<Int8Block>& blocks) {
    blocks.resize(index.size());
    for (size_t i = 0; i < index.size(); ++i) {
      add(index[i].mixer_in, blocks[i].mixer_in, d.mixer ? 0 : d.W);
      add(index[i].mixer_out, blocks[i].mixer_out, d.mixer ? 0 : d.D);
      add(index[i].gate_up, blocks[i].gate_up, 2 * d.I);
      add(index[i].down, blocks[i].down, d.D);
    }
  };
  add_net(weights.layout.index().L, nets.L);
  if (!weights.layout.shared_net()) add_net(weights.layout.index().H, nets.H);
  parallel_for(jobs.size(), threads, [&](size_t i) { jobs[i](); });
  return nets;
}

}  // namespace hrm::engine
