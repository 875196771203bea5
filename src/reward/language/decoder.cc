#include "language/decoder.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "language/affine.h"
#include "language/attention.h"
#include "language/recompute.h"

namespace hrm::language {
namespace {

constexpr std::string_view kInDecoder = "language.decoder";

at::Tensor find_or_none(const NamedParameters& parameters, const std::string& name) {
  const auto at = parameters.find(name);
  return at == parameters.end() ? at::Tensor() : at->second;
}

// x: [B,N,T,W]
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
  const auto halves = x.chunk(2, -1);
  return x * cos + at::cat({-halves[1], halves[0]}, -1) * sin;
}

}  // namespace

Decoder::Projections Decoder::bind(const NamedParameters& parameters, const std::string& prefix,
                                   std::initializer_list<const char*> modules) const {
  Projections found;
  std::vector<at::Tensor> weights, biases;
  bool fixed = layout_ != Layout::kPlain;
  for (const char* module : modules) {
    const std::string name = prefix + module;
    const Linear each{.weight = parameters.at(name + ".weight"),
                      .bias = find_or_none(parameters, name + ".bias"),
                      .lora_a = find_or_none(parameters, name + ".lora_A.weight"),
                      .lora_b = find_or_none(parameters, name + ".lora_B.weight")};
    fixed &= !each.lora_a.defined();
    weights.push_back(each.weight);
    if (each.bias.defined()) biases.push_back(each.bias);
    found.sizes.push_back(each.weight.size(0));
    found.parts.push_back(each);
  }
  if (!fixed || (!biases.empty() && biases.size() != weights.size())) return found;
  found.parts.clear();
  found.frozen = {at::cat(weights, 0), biases.empty() ? at::Tensor() : at::cat(biases, 0), layout_};
  return found;
}

Decoder::Decoder(const DecoderConfig& config, const NamedParameters& parameters, const DecoderOptions& options)
    : config_(config), options_(options) {
  check_parameters(parameters, decoder_parameters(config), "model");
  embedding_ = parameters.at("model.embed_tokens.weight");
  final_norm_ = parameters.at("model.norm.weight");
  output_ = config.tie_word_embeddings ? embedding_ : find_or_none(parameters, "lm_head.weight");
  if (output_.defined() && output_.sizes() != embedding_.sizes())
    throw bad_input(kInDecoder, "tensor 'lm_head.weight' has shape {}, the configuration says {}",
                    to_string(output_.sizes().vec()), to_string(embedding_.sizes().vec()));
  if (options.frozen) layout_ = frozen_layout(options.compute, device());
  if (layout_ == Layout::kHalf) options_.compute = at::kFloat;
  if (layout_ != Layout::kPlain && output_.defined()) frozen_output_ = {output_, {}, layout_};
  const std::vector<double> frequencies = rope_frequencies(config);
  frequencies_ = at::tensor(frequencies, at::kDouble).to(device(), at::kFloat);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string p = layer_prefix(i);
    layers_.push_back({.input_norm = parameters.at(p + "input_layernorm.weight"),
                       .post_norm = parameters.at(p + "post_attention_layernorm.weight"),
                       .q_norm = find_or_none(parameters, p + "self_attn.q_norm.weight"),
                       .k_norm = find_or_none(parameters, p + "self_attn.k_norm.weight"),
                       .qkv = bind(parameters, p + "self_attn.", {"q_proj", "k_proj", "v_proj"}),
                       .o = bind(parameters, p + "self_attn.", {"o_proj"}),
                       .gate_up = bind(parameters, p + "mlp.", {"gate_proj", "up_proj"}),
                       .down = bind(parameters, p + "mlp.", {"down_proj"})});
  }
}

std::vector<at::Tensor> Decoder::Layer::parameters() const {
  std::vector<at::Tensor> all = {input_norm, post_norm};
  for (const at::Tensor& gain : {q_norm, k_norm})
    if (gain.defined()) all.push_back(gain);
  for (const Projections* projections : {&qkv, &o, &gate_up, &down})
    for (const Linear& linear : projections->parts)
      for (const at::Tensor& tensor : {linear.weight, linear.bias, linear.lora_a, linear.lora_b})
        if (tensor.defined()) all.push_back(tensor);
  return all;
}

// Angles in float32, then cast, as transformers does. positions: [B or 1,T]
Decoder::Rotation Decoder::rotation(const at::Tensor& positions) const {
  const at::Tensor half = positions.to(at::kFloat).unsqueeze(-1) * frequencies_;
  const at::Tensor angles = at::cat({half, half}, -1).unsqueeze(1);
  return {angles.cos().to(options_.compute), angles.sin().to(options_.compute)};
}

at::Tensor Decoder::project(const Linear& p, const at::Tensor& x) const {
  const at::Tensor y = affine(x, p.weight, p.bias);
  if (!p.lora_a.defined()) return y;
  return y + affine(affine(x, p.lora_a), p.lora_b) * options_.lora_scale;
}

std::vector<at::Tensor> Decoder::project(const Projections& p, const at::Tensor& x) const {
  if (p.frozen.defined()) return p.frozen(x).split_with_sizes(p.sizes, -1);
  std::vector<at::Tensor> all;
  for (const Linear& each : p.parts) all.push_back(project(each, x));
  return all;
}

at::Tensor Decoder::norm(const at::Tensor& x, const at::Tensor& gain) const {
  const at::Tensor y = x.to(at::kFloat);
  const at::Tensor scaled = y * at::rsqrt(y.square().mean(-1, /*keepdim=*/true) + config_.rms_norm_eps);
  return gain.to(x.scalar_type()) * scaled.to(x.scalar_type());
}

at::Tensor Decoder::embed(const at::Tensor& ids) const { return at::embedding(embedding_, ids).to(options_.compute); }

at::Tensor Decoder::layer(size_t index, const at::Tensor& x, const Rotation& rotation, const Reading& reading) const {
  const Layer& w = layers_[index];
  const int64_t b = x.size(0), t = x.size(1);
  const at::Tensor y = norm(x, w.input_norm);
  const std::vector<at::Tensor> qkv = project(w.qkv, y);
  const auto heads = [&](const at::Tensor& projected, const at::Tensor& gain) {
    const at::Tensor x_heads = projected.unflatten(-1, {-1, config_.head_dim});
    return (gain.defined() ? norm(x_heads, gain) : x_heads).transpose(1, 2);
  };
  const at::Tensor q = rotate(heads(qkv[0], w.q_norm), rotation.cos, rotation.sin);
  const at::Tensor k = rotate(heads(qkv[1], w.k_norm), rotation.cos, rotation.sin);
  const at::Tensor v = heads(qkv[2], {});
  const at::Tensor mixed =
      reading.cache ? attend(q, reading.cache->append(index, k, v, *reading.step), *reading.step) : attend(q, k, v);
  const at::Tensor z = x + project(w.o, mixed.transpose(1, 2).reshape({b, t, -1}))[0];
  const std::vector<at::Tensor> gate_up = project(w.gate_up, norm(z, w.post_norm));
  return z + project(w.down, at::silu(gate_up[0]) * gate_up[1])[0];
}

void Decoder::check_length(int64_t tokens) const {
  if (tokens > config_.max_position_embeddings)
    throw bad_input(kInDecoder, "a text of {} tokens exceeds the model's {} ({}): shorten it", tokens,
                    config_.max_position_embeddings, config_.length_key());
}

at::Tensor Decoder::hidden(const at::Tensor& ids) const {
  check_length(ids.size(1));
  const Rotation turn = rotation(at::arange(ids.size(1), ids.options()).unsqueeze(0));
  at::Tensor x = embed(ids);
  const bool recomputes = options_.recompute && at::GradMode::is_enabled();
  for (size_t i = 0; i < layers_.size(); ++i) {
    if (recomputes)
      x = recompute([this, i, turn](const at::Tensor& at) { return layer(i, at, turn, {}); }, x,
                    layers_[i].parameters());
    else
      x = layer(i, x, turn, {});
  }
  return norm(x, final_norm_);
}

at::Tensor Decoder::hidden(const at::Tensor& ids, std::span<const int64_t> counts, KvCache& cache) const {
  const at::NoGradGuard no_grad;
  for (int64_t b = 0; b < cache.rows(); ++b) check_length(cache.length(b) + counts[static_cast<size_t>(b)]);
  const KvCache::Step step = cache.begin(ids.size(1), device(), options_.compute);
  const Rotation turn = rotation(step.positions);
  at::Tensor x = embed(ids);
  for (size_t i = 0; i < layers_.size(); ++i) x = layer(i, x, turn, {&cache, &step});
  cache.finish(counts);
  return norm(x, final_norm_);
}

at::Tensor Decoder::logits(const at::Tensor& hidden) const {
  if (!has_output_layer())
    throw bad_input(kInDecoder, "the model has no output layer (lm_head.weight): it cannot predict tokens");
  return frozen_output_.defined() ? frozen_output_(hidden) : affine(hidden, output_).to(at::kFloat);
}

}  // namespace hrm::language
