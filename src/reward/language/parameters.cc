#include "language/parameters.h"

#include <ATen/ATen.h>

#include "base/rng.h"
#include "base/tensor.h"

namespace hrm::language {
namespace {

// FNV-1a: a coordinate of a parameter's random stream.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

std::vector<ParameterShape> decoder_parameters(const DecoderConfig& c) {
  const int64_t d = c.hidden_size, q = c.num_attention_heads * c.head_dim, kv = c.num_key_value_heads * c.head_dim;
  std::vector<ParameterShape> all = {{"model.embed_tokens.weight", {c.vocab_size, d}}};
  for (int64_t i = 0; i < c.num_hidden_layers; ++i) {
    const std::string p = layer_prefix(i);
    all.push_back({p + "input_layernorm.weight", {d}});
    all.push_back({p + "self_attn.q_proj.weight", {q, d}});
    all.push_back({p + "self_attn.k_proj.weight", {kv, d}});
    all.push_back({p + "self_attn.v_proj.weight", {kv, d}});
    all.push_back({p + "self_attn.o_proj.weight", {d, q}});
    if (c.attention_bias) {
      all.push_back({p + "self_attn.q_proj.bias", {q}});
      all.push_back({p + "self_attn.k_proj.bias", {kv}});
      all.push_back({p + "self_attn.v_proj.bias", {kv}});
      if (c.model_type != Family::kQwen2) all.push_back({p + "self_attn.o_proj.bias", {d}});
    }
    if (c.has_head_norms()) {
      all.push_back({p + "self_attn.q_norm.weight", {c.head_dim}});
      all.push_back({p + "self_attn.k_norm.weight", {c.head_dim}});
    }
    all.push_back({p + "post_attention_layernorm.weight", {d}});
    all.push_back({p + "mlp.gate_proj.weight", {c.intermediate_size, d}});
    all.push_back({p + "mlp.up_proj.weight", {c.intermediate_size, d}});
    all.push_back({p + "mlp.down_proj.weight", {d, c.intermediate_size}});
  }
  all.push_back({"model.norm.weight", {d}});
  return all;
}

bool is_norm_or_bias(std::string_view name) { return name.ends_with("norm.weight") || name.ends_with(".bias"); }

NamedParameters initial_parameters(const std::vector<ParameterShape>& shapes, uint64_t seed, double stddev) {
  NamedParameters all;
  for (const auto& [name, shape] : shapes) {
    at::Tensor tensor = name.ends_with(".bias") ? at::zeros(shape, at::kFloat) : at::ones(shape, at::kFloat);
    if (!is_norm_or_bias(name)) {
      Rng rng(seed, {hash_of(name)});
      float* data = tensor.mutable_data_ptr<float>();
      for (int64_t i = 0; i < tensor.numel(); ++i) data[i] = static_cast<float>(stddev * rng.normal());
    }
    all.emplace(name, std::move(tensor));
  }
  return all;
}

void check_parameters(const NamedParameters& parameters, const std::vector<ParameterShape>& shapes,
                      std::string_view source) {
  for (const auto& [name, shape] : shapes) {
    const auto at = parameters.find(name);
    if (at == parameters.end())
      throw bad_input("language.parameters", "{}: tensor '{}' of shape {} is missing: does the configuration fit?",
                      source, name, to_string(shape));
    if (at->second.sizes() != at::IntArrayRef(shape))
      throw bad_input("language.parameters", "{}: tensor '{}' has shape {}, the configuration says {}", source, name,
                      to_string(at->second.sizes().vec()), to_string(shape));
  }
}

int64_t parameter_count(const NamedParameters& parameters) {
  int64_t count = 0;
  for (const auto& [name, tensor] : parameters) count += tensor.numel();
  return count;
}

NamedParameters to(const NamedParameters& parameters, at::ScalarType type, at::Device device) {
  NamedParameters all;
  for (const auto& [name, tensor] : parameters) all.emplace(name, tensor.to(device, type));
  return all;
}

}  // namespace hrm::language
