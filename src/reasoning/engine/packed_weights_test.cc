#include "engine/packed_weights.h"

#include <gtest/gtest.h>

#include "engine/blocked_gemm.h"

namespace hrm::engine {
namespace {

using kernels::kPair;

model::ModelConfig model(bool mixer) {
  model::ModelConfig config{.arch = model::arch_preset(mixer ? "trm-mlp" : "hrm"), .data = {9, 5, 1}};
  config.arch.hidden_size = 96;
  config.arch.num_heads = 4;
  config.arch.H_layers = config.arch.shared_net ? 0 : 1;
  config.arch.L_layers = 1;
  config.arch.puzzle_emb_ndim = config.arch.puzzle_emb_len = 0;
  return config;
}

struct Matrix {
  std::span<const float> w;
  size_t out, in;
  float at(size_t r, size_t c) const { return w[r * in + c]; }
};

// Element (feature, k) of a matrix packed in blocks of `block` features.
template <typename E>
float packed(const kernels::Buffer<E>& buffer, size_t features, size_t k_total, size_t block, size_t feature,
             size_t k) {
  const size_t begin = feature / block * block, width = std::min(block, features - begin), P = kPair<E>;
  return kernels::to_float(buffer[begin * k_total + k / P * width * P + (feature - begin) * P + k % P]);
}

template <typename E>
void check(bool mixer) {
  const model::ModelConfig config = model(mixer);
  const ParameterLayout layout(config);
  const Dims d = dims_of(config);
  std::vector<float> flat(layout.size());
  layout.import_weights(initial_weights(config, 1), flat);
  PackedNets<E> nets;
  for (const size_t threads : {1, 3}) {  // the second time into the same memory
    pack({d, layout, flat}, {.backward = true, .threads = threads}, nets);
    ASSERT_EQ(nets.L.size(), 1u);
    EXPECT_EQ(nets.H.size(), config.arch.shared_net ? 0u : 1u);
    EXPECT_EQ(&nets.high() == &nets.L, config.arch.shared_net);
    const PackedBlock<E>& block = nets.L[0];
    const BlockIndex& index = layout.index().L[0];
    const auto matrix = [&](size_t i) {
      return Matrix{layout.slice(std::span<const float>(flat), i), layout.rows(i), layout.columns(i)};
    };
    const auto expect_forward = [&](const Matrix& m, size_t width, const kernels::Buffer<E>& buffer) {
      for (size_t r = 0; r < m.out; ++r)
        for (size_t c = 0; c < m.in; ++c)
          ASSERT_EQ(packed(buffer, m.out, m.in, width, r, c), kernels::to_float(kernels::to_operand<E>(m.at(r, c))));
    };
    const auto expect_backward = [&](const Matrix& m, size_t width, const kernels::Buffer<E>& buffer) {
      for (size_t r = 0; r < m.out; ++r)
        for (size_t c = 0; c < m.in; ++c)
          ASSERT_EQ(packed(buffer, m.in, m.out, width, c, r), kernels::to_float(kernels::to_operand<E>(m.at(r, c))));
    };
    expect_forward(matrix(index.gate_up), kFeatureBlock, block.gate_up);
    expect_forward(matrix(index.down), kFeatureBlock, block.down);
    expect_backward(matrix(index.gate_up), kFeatureBlock, block.gate_up_back);
    expect_backward(matrix(index.down), kFeatureBlock, block.down_back);
    const Matrix in = matrix(index.mixer_in), out = matrix(index.mixer_out);
    if (!mixer) {
      expect_forward(in, d.W, block.mixer_in);
      expect_forward(out, kFeatureBlock, block.mixer_out);
      expect_backward(in, kFeatureBlock, block.mixer_in_back);
      expect_backward(out, d.W, block.mixer_out_back);
      continue;
    }
    ASSERT_EQ(in.in, d.T);
    for (size_t r = 0; r < in.out; ++r)
      for (size_t t = 0; t < d.T_even; ++t) {
        const float expected = t < d.T ? kernels::to_float(kernels::to_operand<E>(in.at(r, t))) : 0;
        ASSERT_EQ(kernels::to_float(block.mixer_in[r * d.T_even + t]), expected) << "padding must be zero";
        if (t < d.T) {
          ASSERT_EQ(kernels::to_float(block.mixer_in_back[t * 2 * d.M + r]), expected);
        }
      }
    for (size_t t = 0; t < d.T; ++t)
      for (size_t m = 0; m < d.M; ++m) {
        const float expected = kernels::to_float(kernels::to_operand<E>(out.at(t, m)));
        ASSERT_EQ(kernels::to_float(block.mixer_out[t * d.M + m]), expected);
        ASSERT_EQ(kernels::to_float(block.mixer_out_back[m * d.T_even + t]), expected);
      }
  }
}

TEST(PackedWeights, HoldEveryElementWhereTheProductsLookForIt) {
  for (const bool mixer : {false, true}) {
    check<float>(mixer);
    check<kernels::bf16>(mixer);
  }
}

TEST(PackedWeights, LeaveOutTheBackwardFormsUnlessAsked) {
  const model::ModelConfig config = model(false);
  const ParameterLayout layout(config);
  const Dims d = dims_of(config);
  const std::vector<float> flat(layout.size());
  PackedNets<float> nets;
  pack({d, layout, flat}, {}, nets);
  EXPECT_EQ(nets.L[0].gate_up_back.size(), 0u);
  EXPECT_EQ(nets.L[0].mixer_in_back.size(), 0u);
  EXPECT_GT(nets.L[0].gate_up.size(), 0u);
}

}  // namespace
}  // namespace hrm::engine
