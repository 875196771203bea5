#include "language/attention.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hrm::language {
namespace {

// What a query sees.
struct Sight {
  at::Tensor mask = {};
  bool causal = false;
};

at::Tensor fused(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Sight& sight) {
  return at::scaled_dot_product_attention(q, k, v, sight.mask.defined() ? std::optional(sight.mask) : std::nullopt,
                                          /*dropout_p=*/0, sight.causal, /*scale=*/std::nullopt,
                                          /*enable_gqa=*/q.size(1) != k.size(1));
}

// What some keys contribute: their softmax-weighted values, and the logarithm of the sum of the weights' exponentials.
struct Part {
  at::Tensor out, log_sum;  // [B,N,T,W], [B,N,T]
};

Part part(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const std::optional<at::Tensor>& mask = {}) {
  const auto [out, log_sum] = at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, /*dropout_p=*/0,
                                                                              /*is_causal=*/false, mask);
  return {out, log_sum};
}

// The prefix [1,KV,S,W] with the queries of all rows as one text's, and each row's own tokens with the queries of a
// group as one head's; no matrix of scores is ever whole.
at::Tensor behind_prefix(const at::Tensor& q, const KvCache::Layer& layer, const KvCache::Step& step) {
  const int64_t b = q.size(0), n = q.size(1), t = q.size(2), w = q.size(3), kv = layer.k.size(1), g = n / kv;
  const auto shared = [&](const at::Tensor& x) {  // [1,KV,S,W] -> [KV,G,S,W], each group's heads the same memory
    return x[0].unsqueeze(1).expand({kv, g, x.size(2), w});
  };
  const at::Tensor by_head = q.transpose(1, 2).reshape({b * t, kv, g, w}).permute({1, 2, 0, 3});
  std::optional<at::Tensor> mask;
  if (step.mask.defined()) mask = step.mask.repeat({1, 1, g, 1});
  const Part far = part(by_head, shared(layer.prefix_k), shared(layer.prefix_v));
  const Part near = part(q.reshape({b, kv, g * t, w}), layer.k, layer.v, mask);
  const auto back = [&](const at::Tensor& x, int64_t last) {  // [KV,G,B*T,last] -> [B,KV,G*T,last]
    return x.reshape({kv, g, b, t, last}).permute({2, 0, 1, 3, 4}).reshape({b, kv, g * t, last});
  };
  const at::Tensor weight = (near.log_sum - back(far.log_sum, 1).squeeze(-1)).sigmoid().unsqueeze(-1);
  return at::lerp(back(far.out, w), near.out, weight.to(q.scalar_type())).reshape({b, n, t, w});
}

}  // namespace

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  return fused(q, k, v, {.causal = true});
}

// The prefix [1,KV,S,W] in one product for all rows, then each row's own tokens; one softmax over both, in float32.
at::Tensor attend_behind_prefix_plain(const at::Tensor& q, const KvCache::Layer& layer, const KvCache::Step& step) {
  const int64_t b = q.size(0), n = q.size(1), t = q.size(2), w = q.size(3), kv = layer.k.size(1), group = n / kv;
  const int64_t s = layer.prefix_k.size(2), u = layer.k.size(2);
  const at::Tensor scaled = (q * (1 / std::sqrt(static_cast<double>(w)))).reshape({b, kv, group * t, w});
  const auto by_head = [&](const at::Tensor& x, int64_t last) {  // [B,KV,G*T,last] -> [KV,B*G*T,last]
    return x.transpose(0, 1).reshape({kv, b * group * t, last});
  };
  const auto by_row = [&](const at::Tensor& x, int64_t last) {
    return x.view({kv, b, group * t, last}).transpose(0, 1);
  };
  const at::Tensor far = by_row(at::bmm(by_head(scaled, w), layer.prefix_k[0].transpose(1, 2)), s);
  at::Tensor near = at::matmul(scaled, layer.k.transpose(2, 3)).view({b, kv, group, t, u});
  if (step.mask.defined()) near = near + step.mask.unsqueeze(2);
  const at::Tensor scores = at::cat({far, near.view({b, kv, group * t, u})}, -1);
  const at::Tensor p = at::softmax(scores, -1, at::kFloat).to(q.scalar_type());
  const at::Tensor out =
      by_row(at::bmm(by_head(p.narrow(-1, 0, s), s), layer.prefix_v[0]), w) + at::matmul(p.narrow(-1, s, u), layer.v);
  return out.reshape({b, n, t, w});
}

at::Tensor attend(const at::Tensor& q, const KvCache::Layer& layer, const KvCache::Step& step) {
  if (layer.prefix_k.defined())
    return q.device().is_cpu() ? behind_prefix(q, layer, step) : attend_behind_prefix_plain(q, layer, step);
  const int64_t group = q.size(1) / layer.k.size(1);
  if (q.size(2) > 1 || group == 1) return fused(q, layer.k, layer.v, {step.mask, step.causal});
  // One token of each row: the queries of a group are as many of one head, so that its keys are read once.
  const at::Tensor by_group = q.reshape({q.size(0), layer.k.size(1), group, q.size(3)});
  return fused(by_group, layer.k, layer.v, {.mask = step.mask}).reshape(q.sizes());
}

}  // namespace hrm::language
