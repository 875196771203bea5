#include "aten/network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "base/error.h"
#include "model/weights.h"
#include "torch/host.h"

namespace hrm::aten {
namespace {

using model::GradientSpan;
using model::Positions;

// The product in the type of x. Casting inside the graph lets each use add to the float32 gradient.
at::Tensor project(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {}) {
  return at::linear(x, weight.to(x.scalar_type()), bias.defined() ? bias.to(x.scalar_type()) : bias);
}

at::Tensor rms_norm(const at::Tensor& x, double epsilon) {
  const at::Tensor y = x.to(at::kFloat);
  return (y * at::rsqrt(y.square().mean(-1, /*keepdim=*/true) + epsilon)).to(x.scalar_type());
}

// Rotates pairs (i, i + W/2) of each head in float32.  x: [R,T,N,W], cos and sin: [T,1,W].
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
  const at::Tensor y = x.to(at::kFloat);
  const auto halves = y.chunk(2, -1);
  return (y * cos + at::cat({-halves[1], halves[0]}, -1) * sin).to(x.scalar_type());
}

at::Tensor residual(const at::Tensor& before, const at::Tensor& after) {
  const at::Tensor a = after.detach().to(at::kFloat).flatten(1), b = before.detach().to(at::kFloat).flatten(1);
  return (a - b).norm(2, -1) / a.norm(2, -1).clamp_min(1e-20);
}

constexpr double kNoHistory = -1e4;  // log E of a fresh example: exp gives 0, and checkpoints hold finite numbers only

using Fill = void (*)(const model::NoiseKey&, std::span<float>);

// One independent stream per row.
struct RowStreams {
  model::NoiseUse use;
  std::span<const uint64_t> seeds;
  std::function<uint64_t(size_t)> index;  // of a row
};

// Returns [R, shape...] f32 on the CPU.
at::Tensor fill_rows(Fill fill, const RowStreams& streams, std::vector<int64_t> shape) {
  const auto& [use, seeds, index] = streams;
  shape.insert(shape.begin(), static_cast<int64_t>(seeds.size()));
  at::Tensor values = at::empty(shape, at::kFloat);
  const size_t width = seeds.empty() ? 0 : static_cast<size_t>(values.numel()) / seeds.size();
  float* data = values.mutable_data_ptr<float>();
  for (size_t r = 0; r < seeds.size(); ++r) fill({seeds[r], use, index(r)}, std::span(data + r * width, width));
  return values;
}

}  // namespace

NetworkWeights bind_weights(const model::ModelConfig& config, const std::map<std::string, at::Tensor>& by_name) {
  const auto get = [&](const std::string& key) {
    const auto found = by_name.find(key);
    return found == by_name.end() ? at::Tensor() : found->second;
  };
  const auto inner = [&](const char* key) { return get(std::string("model.inner.") + key); };
  const auto blocks = [&](char net, int64_t layers) {
    std::vector<BlockWeights> all;
    for (int64_t i = 0; i < layers; ++i) {
      const std::string prefix = model::block_prefix(net, i);
      const model::MixerNames mixer = model::mixer_names(config.arch);
      all.push_back({.mixer_in = get(prefix + mixer.in),
                     .mixer_out = get(prefix + mixer.out),
                     .gate_up = get(prefix + "mlp.gate_up_proj.weight"),
                     .down = get(prefix + "mlp.down_proj.weight")});
    }
    return all;
  };
  NetworkWeights weights{.H_init = inner("H_init"),
                         .L_init = inner("L_init"),
                         .embed_tokens = inner("embed_tokens.embedding_weight"),
                         .embed_pos = inner("embed_pos.embedding_weight"),
                         .lm_head = inner("lm_head.weight"),
                         .q_weight = inner("q_head.weight"),
                         .q_bias = inner("q_head.bias"),
                         .puzzle_emb = inner("puzzle_emb.weights"),
                         .H_level = {},
                         .L_level = blocks('L', config.arch.L_layers),
                         .H_residual = {},
                         .L_residual = {inner("L_level.residual.query"), inner("L_level.residual.decay")}};
  const bool shared = config.arch.shared_net;
  weights.H_level = shared ? weights.L_level : blocks('H', config.arch.H_layers);
  weights.H_residual =
      shared ? weights.L_residual : ResidualWeights{inner("H_level.residual.query"), inner("H_level.residual.decay")};
  return weights;
}

std::span<const StatePart> state_parts(const model::ArchConfig& arch) {
  static constexpr StatePart kParts[] = {
      {"z_H", &State::z_H}, {"z_L", &State::z_L}, {"history_H", &State::history_H}, {"history_L", &State::history_L}};
  return std::span(kParts).first(arch.residual == model::Residual::kAdaptive ? 4 : 2);
}

Network::Network(const model::ModelConfig& config, at::Device device)
    : config_(config),
      device_(device),
      type_(config.arch.forward_dtype == model::Precision::kFloat32 ? at::kFloat : at::kBFloat16) {
  if (!config.arch.attention() || config.arch.pos_encodings != Positions::kRope) return;
  const int64_t w = config.head_width();
  // 1 / theta^(i/W), rounded as the authors round it: the recursion amplifies the last bit.
  const at::Tensor frequency =
      1 / at::pow(config.arch.rope_theta, at::arange(0, w, 2, at::kFloat) / static_cast<double>(w));
  at::Tensor angle = at::outer(at::arange(config.tokens(), at::kFloat), frequency);
  angle = at::cat({angle, angle}, -1).unsqueeze(1);
  rope_cos_ = angle.cos().to(device);
  rope_sin_ = angle.sin().to(device);
}

at::Tensor Network::embed(const NetworkWeights& weights, const at::Tensor& inputs,
                          const at::Tensor& puzzle_rows) const {
  at::Tensor x = config_.arch.symbol_planes ? embed_planes(weights.embed_tokens.to(type_), inputs)
                                            : at::embedding(weights.embed_tokens.to(type_), inputs);
  if (const int64_t p = config_.puzzle_tokens(); p > 0) {
    const int64_t padding = p * config_.arch.hidden_size - puzzle_rows.size(1);
    const at::Tensor tokens = at::constant_pad_nd(puzzle_rows.to(type_), {0, padding});
    x = at::cat({tokens.view({-1, p, config_.arch.hidden_size}), x}, 1);
  }
  if (config_.arch.pos_encodings == Positions::kLearned) x = M_SQRT1_2 * (x + weights.embed_pos.to(type_));
  return x * std::sqrt(static_cast<double>(config_.arch.hidden_size));
}

// embedding: [2,D]; inputs: [R,S]. Returns [R,K*S,D].
at::Tensor Network::embed_planes(const at::Tensor& embedding, const at::Tensor& inputs) const {
  const at::Tensor symbols =
      at::arange(model::kFirstSymbol, config_.data.vocab_size, inputs.options()).view({1, -1, 1});
  const at::Tensor cells = inputs.unsqueeze(1), held = cells >= model::kFirstSymbol, mine = cells == symbols;
  const at::Tensor kinds = at::stack({mine, held & ~mine}, -1).to(type_);  // [R,K,S,2]
  return at::matmul(kinds, embedding).flatten(1, 2);
}

// The products with the means are made before the means are spread over their groups.
at::Tensor Network::groups(const BlockWeights& block, const at::Tensor& x) const {
  const int64_t d = config_.arch.hidden_size, planes = config_.planes(), width = config_.grid_width(),
                height = config_.data.seq_len / width, box_width = config_.box_width(), box_height = width / box_width;
  const auto halves = project(x, block.mixer_in).chunk(2, -1);
  const at::Tensor u = (at::silu(halves[0]) * halves[1]).view({x.size(0), planes, height, width, d});
  const auto weights = block.mixer_out.chunk(4, 1);  // of the token, its lines, its box, its cell
  const auto mean = [&](const at::Tensor& of, at::IntArrayRef over, const at::Tensor& weight) {
    return project(of.mean(over, /*keepdim=*/true), weight);
  };
  const std::vector<int64_t> boxed = {x.size(0), planes, height / box_height, box_height, width / box_width,
                                      box_width, d};
  const at::Tensor y = project(u, weights[0]) + mean(u, {3}, weights[1]) + mean(u, {2}, weights[1]) +
                       mean(u.view(boxed), {3, 5}, weights[2]).expand(boxed).reshape(u.sizes()) +
                       mean(u, {1}, weights[3]);
  return y.view(x.sizes());
}

at::Tensor Network::logits(const NetworkWeights& heads, const at::Tensor& z_H) const {
  const at::Tensor scores = project(z_H.slice(1, config_.puzzle_tokens()), heads.lm_head);
  if (!config_.arch.symbol_planes) return scores;
  const at::Tensor by_cell = scores.view({z_H.size(0), config_.planes(), config_.data.seq_len}).transpose(1, 2);
  return at::constant_pad_nd(by_cell, {model::kFirstSymbol, 0}, model::kNoSymbol);
}

at::Tensor Network::attention(const BlockWeights& block, const at::Tensor& x) const {
  const int64_t n = config_.arch.num_heads, w = config_.head_width();
  const auto qkv = project(x, block.mixer_in).view({x.size(0), x.size(1), 3 * n, w}).chunk(3, 2);
  at::Tensor q = qkv[0], k = qkv[1];
  if (rope_cos_.defined()) {
    q = rotate(q, rope_cos_, rope_sin_);
    k = rotate(k, rope_cos_, rope_sin_);
  }
  const at::Tensor mixed =
      at::scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), qkv[2].transpose(1, 2));
  return project(mixed.transpose(1, 2).reshape(x.sizes()), block.mixer_out);
}

// in: [.., n], gate_up: [2I, n], down: [n, I].
at::Tensor Network::mlp(const at::Tensor& gate_up, const at::Tensor& down, const at::Tensor& x) const {
  const auto halves = project(x, gate_up).chunk(2, -1);
  if (config_.arch.mlp == model::MlpKind::kSwiglu) return project(at::silu(halves[0]) * halves[1], down);
  return project(at::sigmoid(halves[0]) * rms_norm(halves[0] * halves[1], config_.arch.rms_norm_eps), down);
}

at::Tensor Network::convolution(const BlockWeights& block, const at::Tensor& x) const {
  const int64_t rows = x.size(0), d = config_.arch.hidden_size, width = config_.grid_width();
  const at::Tensor grid = x.transpose(1, 2).reshape({rows, d, config_.data.seq_len / width, width});
  const at::Tensor kernel = block.mixer_in.to(x.scalar_type()).view({d, 1, 3, 3});
  return at::conv2d(grid, kernel, /*bias=*/{}, /*stride=*/1, /*padding=*/1, /*dilation=*/1, /*groups=*/d)
      .flatten(2)
      .transpose(1, 2);
}

// In logarithms: log E <- log(beta E + e), and e / E = exp(log e - log E), which no size of e overflows.
at::Tensor Network::adapt(const ResidualWeights& weights, const at::Tensor& z, const at::Tensor& y,
                          at::Tensor& history) const {
  const at::Tensor query = weights.query.to(at::kFloat), decay = weights.decay.to(at::kFloat);
  const at::Tensor score = (rms_norm(y, config_.arch.rms_norm_eps).to(at::kFloat) * query).sum(-1);
  history = at::logaddexp(history + at::log_sigmoid(decay), score);
  const at::Tensor weight = at::exp(score - history).unsqueeze(-1).to(z.scalar_type());
  return z + weight * (y - z);
}

at::Tensor Network::stack(const std::vector<BlockWeights>& blocks, at::Tensor x) const {
  const double epsilon = config_.arch.rms_norm_eps;
  for (const BlockWeights& block : blocks) {
    if (config_.arch.mlp_t) {
      const at::Tensor y = x.transpose(1, 2);
      x = rms_norm(y + mlp(block.mixer_in, block.mixer_out, y), epsilon).transpose(1, 2);
    } else if (config_.arch.symbol_planes) {
      x = rms_norm(x + groups(block, x), epsilon);
    } else if (config_.arch.local_t) {
      x = rms_norm(x + convolution(block, x), epsilon);
    } else {
      x = rms_norm(x + attention(block, x), epsilon);
    }
    x = rms_norm(x + mlp(block.gate_up, block.down, x), epsilon);
  }
  return x;
}

at::Tensor Network::normal_like(const at::Tensor& z, const SegmentOptions& options, model::NoiseUse use,
                                uint64_t index) const {
  if (options.noise_seeds.size() != static_cast<size_t>(z.size(0)))
    throw bad_input("aten.network", "{} noise seeds for {} rows: a model with noise needs Batch::noise_seeds",
                    options.noise_seeds.size(), z.size(0));
  return fill_rows(model::fill_normal, {use, options.noise_seeds, [&](size_t) { return index; }},
                   z.sizes().slice(1).vec())
      .to(device_, z.scalar_type());
}

at::Tensor Network::mix(const at::Tensor& z, const at::Tensor& y, const SegmentOptions& options, uint64_t call) const {
  const double lambda = config_.arch.relaxation, sigma = config_.arch.noise;
  at::Tensor mixed = lambda == 1 ? y : (1 - lambda) * z + lambda * y;
  if (sigma > 0) mixed = mixed + sigma * normal_like(mixed, options, model::NoiseUse::kCall, call);
  return mixed;
}

// Unrolled, a segment is H_cycles x (L_cycles L-calls, then one H-call). The calls with gradient are the last ones.
struct Network::Call {
  uint64_t number;
  bool high;  // an H call
  bool gradient;
  bool last_of_its_kind;
};

Segment Network::segment(const Weights& both, const at::Tensor& x, const State& state,
                         const SegmentOptions& options) const {
  const auto& [frozen, live] = both;
  const auto& arch = config_.arch;
  const at::Tensor x_frozen = x.detach();
  State z = state;
  if (!options.training && arch.inference_noise > 0) {
    const auto use = model::NoiseUse::kSegment;
    z.z_H = z.z_H + arch.inference_noise * normal_like(z.z_H, options, use, 0);
    z.z_L = z.z_L + arch.inference_noise * normal_like(z.z_L, options, use, 1);
  }
  Residuals residuals;
  const auto run = [&](const Call& call) {
    const bool graded = call.gradient && at::GradMode::is_enabled();
    const at::AutoGradMode mode(graded);
    const NetworkWeights& weights = graded ? both.live : both.frozen;
    at::Tensor& target = call.high ? z.z_H : z.z_L;
    // z_L + (z_H + x), in the authors' order of summation.
    const at::Tensor in = call.high ? z.z_H + z.z_L : z.z_L + (z.z_H + (graded ? x : x_frozen));
    const at::Tensor before = target;
    at::Tensor y = stack(call.high ? weights.H_level : weights.L_level, in);
    if (arch.residual == model::Residual::kAdaptive)
      y = adapt(call.high ? weights.H_residual : weights.L_residual, before, y, call.high ? z.history_H : z.history_L);
    target = mix(before, y, options, call.number);
    if (options.residuals && call.last_of_its_kind) (call.high ? residuals.H : residuals.L) = residual(before, target);
  };
  uint64_t number = 0;
  for (int64_t h = 0; h < arch.H_cycles; ++h) {
    const bool last_cycle = h + 1 == arch.H_cycles;
    for (int64_t l = 0; l < arch.L_cycles; ++l) {
      run({number++, false, arch.carries_gradient(h, l), last_cycle && l + 1 == arch.L_cycles});
    }
    run({number++, true, arch.carries_gradient(h, arch.L_cycles), last_cycle});
  }

  const NetworkWeights& heads = at::GradMode::is_enabled() ? live : frozen;
  Segment result;
  result.logits = logits(heads, z.z_H);
  const at::Tensor seen = arch.on_grid() ? z.z_H.mean(1) : z.z_H.select(1, 0);
  result.q = project(seen, heads.q_weight, heads.q_bias).to(at::kFloat);
  for (const StatePart& part : state_parts(arch)) result.state.*part.tensor = (z.*part.tensor).detach();
  result.residuals = residuals;
  return result;
}

State Network::initial_state(const NetworkWeights& weights, std::span<const uint64_t> seeds,
                             std::span<const int64_t> chain_of) const {
  const auto rows = static_cast<int64_t>(chain_of.size());
  const int64_t t = config_.tokens(), d = config_.arch.hidden_size;
  const auto fixed = [&](const at::Tensor& vector) { return vector.to(type_).expand({rows, t, d}).contiguous(); };
  const auto drawn = [&](model::NoiseUse use, const std::function<uint64_t(size_t)>& index) {
    if (seeds.size() != chain_of.size())
      throw bad_input("aten.network", "{} noise seeds for {} rows: random initial states need Batch::noise_seeds",
                      seeds.size(), rows);
    return fill_rows(model::fill_truncated_normal, {use, seeds, index}, {t, d}).to(device_, type_);
  };
  // Chains differ in z_L's start (arXiv 2601.19085); z_H is common to them.
  const auto common = [](size_t) { return uint64_t{0}; };
  const auto own_chain = [&](size_t r) { return static_cast<uint64_t>(chain_of[r]); };
  const bool random = config_.arch.initial_state == model::InitialState::kRandom;
  State state{
      .z_H = random ? drawn(model::NoiseUse::kInitialH, common) : fixed(weights.H_init),
      .z_L = random || config_.arch.chains > 1 ? drawn(model::NoiseUse::kInitialL, own_chain) : fixed(weights.L_init),
      .history_H = {},
      .history_L = {}};
  if (config_.arch.residual == model::Residual::kAdaptive)
    for (at::Tensor* history : {&state.history_H, &state.history_L})
      *history = at::full({rows, t}, kNoHistory, at::TensorOptions().dtype(at::kFloat).device(device_));
  return state;
}

}  // namespace hrm::aten
