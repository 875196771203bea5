// Llama, Mistral, Qwen2 and Qwen3 decoders (Touvron et al., arXiv 2302.13971; Jiang et al., arXiv 2310.06825; Yang et
// al., arXiv 2407.10671 and 2505.09388), on any device:
//
//   x = embed(ids)
//   layer:  x += o_proj(attention(rope(q), rope(k), v)),  q, k, v = projections of rms_norm(x)
//           (Qwen3: rms_norm over each head of q and k before rope)
//           x += down(silu(gate(y)) * up(y)),             y = rms_norm(x)
//   hidden = rms_norm(x);   logits = hidden @ lm_head^T, or the embedding if it is tied
//
//   rms_norm(x) = gain * x / sqrt(mean(x^2) + eps);  rope turns the pairs (i, i + W/2) of a head by position * f_i.
//
// As transformers does, norms are computed in float32 and everything else in the compute type. Parameters of another
// type are cast on use, inside the graph: float32 masters train a bfloat16 model.
//
// B rows of T tokens, padded on the right: no token sees one after it, so what follows a row's end changes nothing
// before it and needs no mask. Outputs at padding are meaningless. D width, V vocabulary, N and KV query and key heads,
// W width of a head.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <vector>

#include "language/config.h"
#include "language/frozen_affine.h"
#include "language/kv_cache.h"
#include "language/parameters.h"

namespace hrm::language {

struct DecoderOptions {
  at::ScalarType compute = at::ScalarType::Float;  // or BFloat16
  bool recompute = false;                          // keep one activation per layer for the backward pass
  double lora_scale = 0;
  // Weights never change: they are copied into the layout of this machine's products (language/frozen_affine.h), and
  // bfloat16 is computed in float32 where the processor has no instructions for it. Without gradients.
  bool frozen = false;
};

// Beside a projection `p` of NamedParameters, "p.lora_A.weight" [r,in] and "p.lora_B.weight" [out,r] add
// lora_scale * B A to its weight (language/lora.h); it is never frozen.
class Decoder {
 public:
  // Holds the parameters' handles: later changes in place are seen, unless frozen. Throws bad_input naming a tensor
  // that is missing or misshapen.
  Decoder(const DecoderConfig& config, const NamedParameters& parameters, const DecoderOptions& options = {});

  const DecoderConfig& config() const { return config_; }
  at::Device device() const { return embedding_.device(); }

  // ids: [B,T] i64 on the decoder's device. Returns [B,T,D] in the compute type. Throws bad_input if T exceeds
  // max_position_embeddings.
  at::Tensor hidden(const at::Tensor& ids) const;
  // The next T tokens of the cache's rows, of which the first counts[b] of row b count. Without gradients.
  at::Tensor hidden(const at::Tensor& ids, std::span<const int64_t> counts, KvCache& cache) const;

  bool has_output_layer() const { return output_.defined(); }
  // [.., D] -> [.., V], float32.  Throws bad_input if the model has no output layer.
  at::Tensor logits(const at::Tensor& hidden) const;

 private:
  struct Linear {
    at::Tensor weight, bias, lora_a, lora_b;
  };
  struct Projections {  // of one input; frozen, they are one product
    std::vector<Linear> parts;
    std::vector<int64_t> sizes;
    FrozenAffine frozen;
  };
  struct Layer {
    at::Tensor input_norm, post_norm, q_norm, k_norm;  // the last two of Qwen3
    Projections qkv, o, gate_up, down;
    std::vector<at::Tensor> parameters() const;
  };
  struct Rotation {
    at::Tensor cos, sin;  // [B or 1,1,T,W]
  };
  Projections bind(const NamedParameters& parameters, const std::string& prefix,
                   std::initializer_list<const char*> modules) const;
  Rotation rotation(const at::Tensor& positions) const;
  at::Tensor project(const Linear& p, const at::Tensor& x) const;
  std::vector<at::Tensor> project(const Projections& p, const at::Tensor& x) const;
  at::Tensor norm(const at::Tensor& x, const at::Tensor& gain) const;
  at::Tensor embed(const at::Tensor& ids) const;
  struct Reading {  // of a cache; both null without one
    KvCache* cache = nullptr;
    const KvCache::Step* step = nullptr;
  };
  at::Tensor layer(size_t index, const at::Tensor& x, const Rotation& rotation, const Reading& reading) const;
  void check_length(int64_t tokens) const;

  DecoderConfig config_;
  DecoderOptions options_;
  Layout layout_ = Layout::kPlain;
  at::Tensor embedding_, final_norm_, output_, frequencies_;
  FrozenAffine frozen_output_;
  std::vector<Layer> layers_;
};

}  // namespace hrm::language
