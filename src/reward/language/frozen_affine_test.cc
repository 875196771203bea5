// Weights laid out once give the products of those that are not, and so does a decoder of them.
#include "language/frozen_affine.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "language/decoder.h"
#include "language/model_io.h"

namespace hrm::language {
namespace {

// kHalf where this processor may need it.
std::vector<Layout> layouts() {
  std::vector<Layout> all = {Layout::kPlain, frozen_layout(at::kFloat, at::kCPU)};
  if (frozen_layout(at::kBFloat16, at::kCPU) == Layout::kHalf) all.push_back(Layout::kHalf);
  return all;
}

// Weights on both sides of the size from which oneDNN is used.
TEST(FrozenAffine, EqualsLinear) {
  const at::NoGradGuard no_grad;
  at::manual_seed(1);
  for (const Layout layout : layouts())
    for (const int64_t rows : {1, 3, 64, 100, 257})
      for (const int64_t inputs : {40, 640})
        for (const bool biased : {false, true}) {
          SCOPED_TRACE(testing::Message() << "layout " << static_cast<int>(layout) << ", " << rows << " x " << inputs);
          const at::Tensor x = at::randn({2, rows, inputs});
          const at::Tensor weight = at::randn({260, inputs}).to(at::kBFloat16).to(at::kFloat);
          const at::Tensor bias = biased ? at::randn({260}) : at::Tensor();
          const at::Tensor y = FrozenAffine(weight, bias, layout)(x);
          EXPECT_TRUE(at::allclose(y, at::linear(x, weight, biased ? std::optional(bias) : std::nullopt), 1e-4, 1e-3));
        }
}

TEST(FrozenAffine, AWeightTooLargeForHalfPrecisionStaysFloat32) {
  const at::NoGradGuard no_grad;
  at::Tensor weight = at::randn({8, 16});
  weight[3][5] = 70000;
  weight[2][4] = 1 + 0x1p-20;
  const at::Tensor x = at::eye(16);
  EXPECT_TRUE(FrozenAffine(weight, {}, Layout::kHalf)(x).equal(weight.t()));
}

class FrozenDecoder : public testing::Test {
 protected:
  static LanguageModel model(Family family) {
    return initial_model({.model_type = family,
                          .hidden_size = 192,
                          .intermediate_size = 384,
                          .num_hidden_layers = 2,
                          .num_attention_heads = 6,
                          .num_key_value_heads = 2,
                          .head_dim = 32,
                          .vocab_size = 800,
                          .max_position_embeddings = 64,
                          .tie_word_embeddings = true,
                          .attention_bias = family == Family::kQwen2},
                         HeadKind::kLanguage, 0, {.seed = 1});
  }
  const at::NoGradGuard no_grad_;
};

TEST_F(FrozenDecoder, EqualsThePlainOne) {
  for (const Family family : {Family::kLlama, Family::kQwen2, Family::kQwen3}) {
    LanguageModel m = model(family);
    for (auto& [name, tensor] : m.parameters)
      if (name.ends_with(".bias")) tensor.normal_();
    const Decoder plain(m.config, m.parameters), frozen(m.config, m.parameters, {.frozen = true});
    const at::Tensor ids = at::randint(0, 800, {3, 20}, at::kLong);
    const at::Tensor wanted = plain.logits(plain.hidden(ids));
    EXPECT_TRUE(at::allclose(frozen.logits(frozen.hidden(ids)), wanted, 1e-4, 1e-4));
    KvCache cache(3);
    frozen.hidden(ids.narrow(1, 0, 19), std::vector<int64_t>{19, 19, 19}, cache);
    const at::Tensor last = frozen.hidden(ids.narrow(1, 19, 1), std::vector<int64_t>{1, 1, 1}, cache);
    EXPECT_TRUE(at::allclose(frozen.logits(last).select(1, 0), wanted.select(1, 19), 1e-4, 1e-4));
  }
}

// Computed in float32 or in bfloat16, what it says is as near to the float32 numbers as bfloat16 is.
TEST_F(FrozenDecoder, InBfloat16IsAtLeastAsNearAsThePlainOne) {
  const LanguageModel m = model(Family::kLlama);
  const NamedParameters rounded = to(m.parameters, at::kBFloat16, at::kCPU);
  const Decoder exact(m.config, to(rounded, at::kFloat, at::kCPU)),
      plain(m.config, rounded, {.compute = at::kBFloat16}),
      frozen(m.config, rounded, {.compute = at::kBFloat16, .frozen = true});
  const at::Tensor ids = at::randint(0, 800, {3, 20}, at::kLong);
  const auto error = [&](const Decoder& decoder) {
    return (decoder.logits(decoder.hidden(ids)) - exact.logits(exact.hidden(ids))).abs().mean().item<double>();
  };
  EXPECT_LE(error(frozen), error(plain));
}

}  // namespace
}  // namespace hrm::language
