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

// w: [out,in] row-major.
struct Matrix {
  const float* w;
  size_t out, in;
};

// Output features in blocks.
template <typename E>
void pack_forward(const Matrix& m, size_t block, Buffer<E>& to) {
  ensure(to, m.out * m.in);
  for (size_t r = 0; r < m.out; r += block) {
    const size_t width = std::min(block, m.out - r);
    kernels::transpose_pairs({width, m.in}, {m.w + r * m.in, m.in}, {to.data() + r * m.in, width});
  }
}

// Input features in blocks: what the gradient with respect to the input multiplies with.
template <typename E>
void pack_backward(const Matrix& m, size_t block, Buffer<E>& to) {
  ensure(to, m.out * m.in);
  for (size_t c = 0; c < m.in; c += block) {
    const size_t width = std::min(block, m.in - c);
    kernels::interleave_rows({m.out, width}, {m.w + c, m.in}, {to.data() + c * m.out, width});
  }
}

// Rows padded with zeros to `ld`.
template <typename E>
void pack_rows(const Matrix& m, size_t ld, Buffer<E>& to) {
  ensure(to, m.out * ld);
  for (size_t r = 0; r < m.out; ++r) kernels::convert(m.w + r * m.in, to.data() + r * ld, m.in);
}

template <typename E>
void pack_transposed_rows(const Matrix& m, size_t ld, Buffer<E>& to) {
  ensure(to, m.in * ld);
  kernels::transpose({m.out, m.in}, {m.w, m.in}, {to.data(), ld});
}

}  // namespace

template <typename E>
void pack(const Dims& d, const ParameterLayout& layout, std::span<const float> weights, bool shared_net,
          const PackOptions& options, PackedNets<E>& nets) {
  const auto matrix = [&](size_t i) {
    return Matrix{weights.data() + layout.offset(i), layout.rows(i), layout.columns(i)};
  };
  std::vector<std::function<void()>> jobs;
  const auto add_block = [&](const BlockIndex& index, PackedBlock<E>& to) {
    const Matrix in = matrix(index.mixer_in), out = matrix(index.mixer_out), gate_up = matrix(index.gate_up),
                 down = matrix(index.down);
    jobs.push_back([=, &to] {
      if (d.mixer) {
        pack_rows(in, d.T_even, to.mixer_in);
        pack_rows(out, d.M, to.mixer_out);
      } else {
        pack_forward(in, d.W, to.mixer_in);
        pack_forward(out, kFeatureBlock, to.mixer_out);
      }
    });
    jobs.push_back([=, &to] { pack_forward(gate_up, kFeatureBlock, to.gate_up); });
    jobs.push_back([=, &to] { pack_forward(down, kFeatureBlock, to.down); });
    if (!options.backward) return;
    jobs.push_back([=, &to] {
      if (d.mixer) {
        pack_transposed_rows(in, 2 * d.M, to.mixer_in_back);
        pack_transposed_rows(out, d.T_even, to.mixer_out_back);
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
  add_net(layout.index().L, nets.L);
  if (!shared_net) add_net(layout.index().H, nets.H);
  parallel_for(jobs.size(), options.threads, [&](size_t i) { jobs[i](); });
}

template void pack<float>(const Dims&, const ParameterLayout&, std::span<const float>, bool, const PackOptions&,
                          PackedNets<float>&);
template void pack<kernels::bf16>(const Dims&, const ParameterLayout&, std::span<const float>, bool, const PackOptions&,
                                  PackedNets<kernels::bf16>&);

}  // namespace hrm::engine
