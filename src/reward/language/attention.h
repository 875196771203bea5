// Causal attention with grouped key and value heads:
//
//   out[b,h,t] = sum_s softmax_s(q[b,h,t] . k[b,g,s] / sqrt(W)) v[b,g,s],  g = h / (N / KV), s: what t may see
//
// N query heads, KV key and value heads, W width of a head, T new tokens, S tokens of a shared prefix.
#pragma once

#include <ATen/core/Tensor.h>

#include "language/kv_cache.h"

namespace hrm::language {

// Token t sees the tokens up to t of its row. q: [B,N,T,W]; k, v: [B,KV,T,W]. Returns [B,N,T,W].
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);

// New tokens see the shared prefix, which is multiplied once for all rows, and what the step's mask allows.
at::Tensor attend(const at::Tensor& q, const KvCache::Layer& layer, const KvCache::Step& step);

// The same in plain operations, for other devices than the CPU and for tests. REQUIRES: the layer has a prefix.
at::Tensor attend_behind_prefix_plain(const at::Tensor& q, const KvCache::Layer& layer, const KvCache::Step& step);

}  // namespace hrm::language
