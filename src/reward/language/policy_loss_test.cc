#include "language/policy_loss.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "base/testing/paths.h"
#include "formats/safetensors.h"
#include "language/model_io.h"
#include "torch/host.h"

namespace hrm::language {
namespace {

TEST(PolicyLoss, IsCrossEntropyWhereNothingHasChanged) {
  const at::Tensor logits = at::arange(12, at::kFloat).view({3, 4}).sin(), targets = at::arange(3, at::kLong);
  const PolicyLoss same = policy_loss(logits, logits + 5, targets, 0.7);  // a constant changes no distribution
  EXPECT_NEAR(same.kl.item<double>(), 0, 1e-6);
  EXPECT_NEAR(same.total.item<double>(), at::cross_entropy_loss(logits, targets).item<double>(), 1e-6);
}

TEST(PolicyLoss, ByHandOnTwoTokens) {
  const at::Tensor student = at::log(at::tensor({0.5F, 0.5F})).view({1, 2}),
                   teacher = at::log(at::tensor({0.8F, 0.2F})).view({1, 2});
  const PolicyLoss loss = policy_loss(student, teacher, at::zeros({1}, at::kLong), 0.1);
  const double kl = 0.8 * std::log(0.8 / 0.5) + 0.2 * std::log(0.2 / 0.5);
  EXPECT_NEAR(loss.kl.item<double>(), kl, 1e-6);
  EXPECT_NEAR(loss.total.item<double>(), std::log(2.0) + 0.1 * std::log1p(kl), 1e-6);
}

TEST(PolicyLoss, GradientIsThatOfFiniteDifferences) {
  const at::Tensor student = at::arange(10, at::kDouble).view({2, 5}).cos().requires_grad_(true);
  const at::Tensor teacher = at::arange(10, at::kDouble).view({2, 5}).sin(), targets = at::tensor({4, 1}, at::kLong);
  const at::Tensor gradient =
      ::torch::autograd::grad({policy_loss(student, teacher, targets, 0.5).total}, {student}).at(0);
  const at::Tensor at_point = student.detach();
  for (int64_t i = 0; i < 10; ++i) {
    const auto value = [&](double change) {
      at::Tensor moved = at_point.clone();
      moved.view({-1})[i] += change;
      return policy_loss(moved, teacher, targets, 0.5).total.item<double>();
    };
    EXPECT_NEAR(gradient.view({-1})[i].item<double>(), (value(1e-5) - value(-1e-5)) / 2e-5, 1e-8) << i;
  }
}

// What transformers computes for rows padded on the right, in plain operations: at padding, a query sees the real keys
// alone. Decoder needs no such mask, since outputs at padding are read by nobody but the published loss.
class PaddedDecoder {
 public:
  PaddedDecoder(const DecoderConfig& config, const NamedParameters& parameters) : c_(config), p_(parameters) {}

  // ids, mask: [B,T]. Returns [B,T,V].
  at::Tensor logits(const at::Tensor& ids, const at::Tensor& mask) const {
    const int64_t tokens = ids.size(1);
    const at::Tensor seen =
        at::ones({tokens, tokens}, at::kBool).tril().unsqueeze(0).logical_and((mask == 1).unsqueeze(1));
    at::Tensor x = p_.at("model.embed_tokens.weight").index({ids});
    for (int64_t layer = 0; layer < c_.num_hidden_layers; ++layer) {
      const std::string at = layer_prefix(layer);
      x = x + attention(at + "self_attn.", norm(x, at + "input_layernorm.weight"), seen.unsqueeze(1));
      const at::Tensor y = norm(x, at + "post_attention_layernorm.weight");
      x = x + linear(at::silu(linear(y, at + "mlp.gate_proj")) * linear(y, at + "mlp.up_proj"), at + "mlp.down_proj");
    }
    return linear(norm(x, "model.norm.weight"), "lm_head");
  }

 private:
  at::Tensor linear(const at::Tensor& x, const std::string& module) const {
    const auto bias = p_.find(module + ".bias");
    return at::linear(x, p_.at(module + ".weight"), bias == p_.end() ? at::Tensor() : bias->second);
  }
  at::Tensor norm(const at::Tensor& x, const std::string& gain) const {
    return x * at::rsqrt(x.square().mean(-1, true) + c_.rms_norm_eps) * p_.at(gain);
  }
  at::Tensor rotate(const at::Tensor& x) const {  // [B,N,T,W]
    const std::vector<double> frequencies = rope_frequencies(c_);
    const at::Tensor angle = at::outer(at::arange(x.size(2), at::kFloat), at::tensor(frequencies, at::kFloat));
    const at::Tensor cos = at::cat({angle.cos(), angle.cos()}, -1), sin = at::cat({angle.sin(), angle.sin()}, -1);
    const auto halves = x.chunk(2, -1);
    return x * cos + at::cat({-halves[1], halves[0]}, -1) * sin;
  }
  at::Tensor attention(const std::string& at, const at::Tensor& x, const at::Tensor& seen) const {
    const int64_t batch = x.size(0), tokens = x.size(1), width = c_.head_dim;
    const auto heads = [&](const char* name, int64_t n) {
      const at::Tensor y = linear(x, at + name).view({batch, tokens, n, width}).transpose(1, 2);
      return y.repeat_interleave(c_.num_attention_heads / n, 1);
    };
    const at::Tensor q = rotate(heads("q_proj", c_.num_attention_heads)),
                     k = rotate(heads("k_proj", c_.num_key_value_heads)), v = heads("v_proj", c_.num_key_value_heads);
    const at::Tensor scores = at::matmul(q, k.transpose(-1, -2)) / std::sqrt(static_cast<double>(width));
    const at::Tensor weights = at::softmax(scores.masked_fill(seen.logical_not(), -1e30), -1);
    return linear(at::matmul(weights, v).transpose(1, 2).reshape({batch, tokens, -1}), at + "o_proj");
  }

  const DecoderConfig& c_;
  const NamedParameters& p_;
};

// Every case of policy_loss.json: the numbers of the published function, and gradients through the student.
TEST(PolicyLossParity, PublishedFunction) {
  const auto folder = shared_folder() / "fixtures" / "language";
  HRM_SKIP_WITHOUT(folder / "policy_loss.json");
  LanguageModel student = load_model(folder / "qwen2_untied");
  for (auto& [name, parameter] : student.parameters) parameter.requires_grad_(true);
  NamedParameters tensors;
  for (const auto& [name, tensor] : load_safetensors(folder / "policy_loss.safetensors").tensors)
    tensors.emplace(name, torch::to_aten(tensor, at::kCPU));
  const Json cases = read_json(folder / "policy_loss.json");
  ASSERT_GT(cases.size(), 0u);
  for (const auto& [name, expected] : cases.items()) {
    SCOPED_TRACE(name);
    std::vector<at::Tensor> teachers;
    for (int row = 0; tensors.contains(fmt::format("{}.teacher_logits.{}", name, row)); ++row)
      teachers.push_back(tensors.at(fmt::format("{}.teacher_logits.{}", name, row)));
    const at::Tensor logits = PaddedDecoder(student.config, student.parameters)
                                  .logits(tensors.at(name + ".input_ids"), tensors.at(name + ".attention_mask"));
    EXPECT_LT((logits - tensors.at(name + ".student_logits")).abs().max().item<double>(), 3e-5);
    const double weight = expected.at("weight");
    const PolicyLoss loss = published_policy_loss(logits, tensors.at(name + ".labels"), teachers, weight);
    EXPECT_NEAR(loss.cross_entropy.item<double>(), expected.at("cross_entropy").get<double>(), 1e-5);
    EXPECT_NEAR(loss.kl.item<double>(), expected.at("kl_exact").get<double>(), 1e-5);
    EXPECT_NEAR(loss.total.item<double>(), expected.at("total_exact").get<double>(), 1e-5);
    const std::string prefix = name + ".grad.";
    size_t gradients = 0;
    for (const auto& [key, golden] : tensors) {
      if (!key.starts_with(prefix)) continue;
      ++gradients;
      const at::Tensor mine =
          ::torch::autograd::grad({loss.total}, {student.parameters.at(key.substr(prefix.size()))}, {}, true).at(0);
      const double largest = golden.abs().max().item<double>();
      EXPECT_LT((mine - golden).abs().max().item<double>(), 1e-2 * largest) << key;
    }
    EXPECT_GT(gradients, 0u);
  }
}

}  // namespace
}  // namespace hrm::language
