// A Qwen3 decoder against transformers 5.24.0 (Qwen3ForCausalLM, float32) on the weights that the seed gives.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "language/model_io.h"

namespace hrm::language {
namespace {

TEST(Qwen3Golden, LogitsAreThoseOfTransformers) {
  const at::NoGradGuard no_grad;
  LanguageModel model = initial_model({.model_type = Family::kQwen3,
                                       .hidden_size = 16,
                                       .intermediate_size = 24,
                                       .num_hidden_layers = 2,
                                       .num_attention_heads = 4,
                                       .num_key_value_heads = 2,
                                       .head_dim = 6,  // not hidden_size / heads
                                       .vocab_size = 12,
                                       .max_position_embeddings = 32},
                                      HeadKind::kLanguage, 0, {.seed = 7, .stddev = 0.3});
  for (auto& [name, tensor] : model.parameters)  // gains that are not all 1
    if (tensor.dim() == 1) tensor.mul_(at::linspace(0.5, 1.5, tensor.size(0)));
  const Decoder decoder(model.config, model.parameters);
  const at::Tensor ids = at::tensor({3, 1, 4, 1, 5, 9, 2, 6}, at::kLong).unsqueeze(0);
  const at::Tensor logits = decoder.logits(decoder.hidden(ids))[0][7];
  const at::Tensor wanted =
      at::tensor({-0.02621057F, -0.03087132F, 0.102418F, 0.07105111F, 0.02346965F, 0.01891747F, -0.00645432F,
                  -0.03274253F, 0.02675602F, -0.06012986F, -0.09775485F, 0.07701599F});
  ASSERT_EQ(logits.numel(), wanted.numel());
  EXPECT_LT((logits - wanted).abs().max().item<float>(), 1e-5) << logits;
}

}  // namespace
}  // namespace hrm::language
