#include "engine/packed_weights.h"

#include <functional>

#include "base/threads.h"
#include "engine/blocked_gemm.h"
#include "kernels/convert.h"
#include "kernels/pack.h"

namespace hrm::engine {
namespace {

using kernels::Buffer;

template <typename E>
void ensure(Buffer<E>& buffer, size_t size) {
  if (buffer.size() != size) buffer = Buffer<E>(size);
}

// Output features in blocks. ld: between the rows of m.
template <typename E>
void pack_forward(const MatrixView& m, size_t ld, size_t block, E* to) {
  for (size_t r = 0; r < m.rows; r += block) {
    const size_t width = std::min(block, m.rows - r);
    kernels::transpose_pairs({width, m.columns}, {m.data + r * ld, ld}, {to + r * m.columns, width});
  }
}
template <typename E>
void pack_forward(const MatrixView& m, size_t block, Buffer<E>& to) {
  ensure(to, m.rows * m.columns);
  pack_forward(m, m.columns, block, to.data());
}

// Input features in blocks: what the gradient with respect to the input multiplies with.
template <typename E>
void pack_backward(const MatrixView& m, size_t ld, size_t block, E* to) {
  for (size_t c = 0; c < m.columns; c += block) {
    const size_t width = std::min(block, m.columns - c);
    kernels::interleave_rows({m.rows, width}, {m.data + c, ld}, {to + c * m.rows, width});
  }
}
template <typename E>
void pack_backward(const MatrixView& m, size_t block, Buffer<E>& to) {
  ensure(to, m.rows * m.columns);
  pack_backward(m, m.columns, block, to.data());
}

// The square matrices that lie side by side in m, one after the other.
template <typename E, typename Pack>
void pack_squares(const MatrixView& m, Buffer<E>& to, const Pack& pack) {
  ensure(to, m.rows * m.columns);
  for (size_t c = 0; c < m.columns; c += m.rows)
    pack(MatrixView{m.data + c, m.rows, m.rows}, m.columns, kFeatureBlock, to.data() + c * m.rows);
}

// Rows padded with zeros to `ld`.
template <typename E>
void pack_rows(const MatrixView& m, size_t ld, Buffer<E>& to) {
  ensure(to, m.rows * ld);
  for (size_t r = 0; r < m.rows; ++r) kernels::convert(m.data + r * m.columns, to.data() + r * ld, m.columns);
}

template <typename E>
void pack_transposed_rows(const MatrixView& m, size_t ld, Buffer<E>& to) {
  ensure(to, m.columns * ld);
  kernels::transpose({m.rows, m.columns}, {m.data, m.columns}, {to.data(), ld});
}

}  // namespace

template <typename E>
void pack(const FlatWeights& weights, const PackOptions& options, PackedNets<E>& nets) {
  const Dims& d = weights.dims;
  std::vector<std::function<void()>> jobs;
  const auto add_block = [&](const BlockIndex& index, PackedBlock<E>& to) {
    const MatrixView in = weights.matrix(index.mixer_in), gate_up = weights.matrix(index.gate_up),
                     down = weights.matrix(index.down);
    const MatrixView out = d.local ? MatrixView{} : weights.matrix(index.mixer_out);
    jobs.push_back([=, &to] {
      if (d.local) {
        pack_transposed_rows(in, d.D, to.local);
      } else if (d.mixer) {
        pack_rows(in, d.T_even, to.mixer_in);
        pack_rows(out, d.M, to.mixer_out);
      } else if (d.planes()) {
        pack_forward(in, std::min(kFeatureBlock, d.D), to.mixer_in);
        pack_squares(out, to.mixer_out, [](auto... all) { pack_forward<E>(all...); });
      } else {
        pack_forward(in, d.W, to.mixer_in);
        pack_forward(out, kFeatureBlock, to.mixer_out);
      }
    });
    jobs.push_back([=, &to] { pack_forward(gate_up, kFeatureBlock, to.gate_up); });
    jobs.push_back([=, &to] { pack_forward(down, kFeatureBlock, to.down); });
    if (!options.backward) return;
    if (!d.local)
      jobs.push_back([=, &to] {
        if (d.mixer) {
          pack_transposed_rows(in, 2 * d.M, to.mixer_in_back);
          pack_transposed_rows(out, d.T_even, to.mixer_out_back);
        } else if (d.planes()) {
          pack_backward(in, kFeatureBlock, to.mixer_in_back);
          pack_squares(out, to.mixer_out_back, [](auto... all) { pack_backward<E>(all...); });
        } else {
          pack_backward(in, kFeatureBlock, to.mixer_in_back);
          pack_backward(out, d.W, to.mixer_out_back);
        }
      });
    jobs.push_back([=, &to] { pack_backward(gate_up, kFeatureBlock, to.gate_up_back); });
    jobs.push_back([=, &to] { pack_backward(down, kFeatureBlock, to.down_back); });
  };
  const auto add_net = [&](const std::vector<BlockIndex>& index, std::vector<PackedBlock<E>>& blocks) {
    blocks.resize(index.size());
    for (size_t i = 0; i < index.size(); ++i) add_block(index[i], blocks[i]);
  };
  add_net(weights.layout.index().L, nets.L);
  if (!weights.layout.shared_net()) add_net(weights.layout.index().H, nets.H);
  parallel_for(jobs.size(), options.threads, [&](size_t i) { jobs[i](); });
}

template void pack<float>(const FlatWeights&, const PackOptions&, PackedNets<float>&);
template void pack<kernels::bf16>(const FlatWeights&, const PackOptions&, PackedNets<kernels::bf16>&);

}  // namespace hrm::engine
