#include "language/attention.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hrm::language {
namespace {

at::Tensor fused(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask, bool causal) {
  return at::scaled_dot_product_attention(q, k, v, mask.defined() ? std::optional(mask) : std::nullopt,
                                          /*dropout_p=*/0, causal, /*scale=*/std::nullopt,
                                          /*enable_gqa=*/q.size(1) != k.size(1));
}

// The prefix [1,KV,S,W] in one product for all rows, then each row's own tokens; one softmax over both, in float32.
at::Tensor with_prefix(const at::Tensor& q, const KvCache::Layer& layer, const at::Tensor& mask) {
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
  if (mask.defined()) near = near.masked_fill(mask.logical_not().unsqueeze(2), -INFINITY);
  const at::Tensor scores = at::cat({far, near.view({b, kv, group * t, u})}, -1);
  const at::Tensor p = at::softmax(scores, -1, at::kFloat).to(q.scalar_type());
  const at::Tensor out =
      by_row(at::bmm(by_head(p.narrow(-1, 0, s), s), layer.prefix_v[0]), w) + at::matmul(p.narrow(-1, s, u), layer.v);
  return out.reshape({b, n, t, w});
}

}  // namespace

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) { return fused(q, k, v, {}, true); }

at::Tensor attend(const at::Tensor& q, const KvCache::Layer& layer, const KvCache::Step& step) {
  if (layer.prefix_k.defined()) return with_prefix(q, layer, step.mask);
  return fused(q, layer.k, layer.v, step.mask, step.causal);
}

}  // namespace hrm::language
