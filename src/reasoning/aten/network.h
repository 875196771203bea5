// The recursion of model/config.h in plain ATen operations: the readable reference, differentiated by autograd, on any
// device. One block, post-norm (arXiv 2506.21734, section 2):
//
//   x <- rms_norm(x + attention(x))        or, with mlp_t, the same over tokens: x' <- rms_norm(x' + swiglu(x'))
//                                          or, with local_t, rms_norm(x + convolution(x)), 3x3 of each channel
//                                          or, with symbol_planes, rms_norm(x + groups(x)), see model/config.h
//   x <- rms_norm(x + swiglu(x))           or gated_norm (model/config.h)
//
// R rows (examples, or examples x chains), T tokens, D width, V vocabulary; see model/config.h for the letters.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/noise.h"

namespace hrm::aten {

struct BlockWeights {
  at::Tensor mixer_in, mixer_out;  // self_attn.{qkv,o}_proj, mlp_t.{gate_up,down}_proj, groups.{gate_up,out}_proj,
                                   // or local and none
  at::Tensor gate_up, down;        // mlp
};

struct ResidualWeights {
  at::Tensor query, decay;  // [D], [1]; undefined if the residual is plain
};

// Handles of the parameters, named as in the state dict; undefined if the configuration has none.
struct NetworkWeights {
  at::Tensor H_init, L_init, embed_tokens, embed_pos, lm_head, q_weight, q_bias, puzzle_emb;
  std::vector<BlockWeights> H_level, L_level;  // the same blocks for a shared net
  ResidualWeights H_residual, L_residual;
};

// REQUIRES: every key of model::parameters(config).
NetworkWeights bind_weights(const model::ModelConfig& config, const std::map<std::string, at::Tensor>& by_name);

struct State {
  at::Tensor z_H, z_L;              // [R,T,D], forward type
  at::Tensor history_H, history_L;  // [R,T] f32, log E of the adaptive residual; undefined if it is plain
};

// The parts of a state that a configuration has, with their names in a carry.
struct StatePart {
  const char* name;
  at::Tensor State::*tensor;
};
std::span<const StatePart> state_parts(const model::ArchConfig& arch);

struct Residuals {
  at::Tensor H, L;  // [R]: |z_new - z_old| / |z_new| of the last call
};

struct Segment {
  State state;
  at::Tensor logits;  // [R,S,V], forward type
  at::Tensor q;       // [R,2] f32: q_halt, q_continue
  Residuals residuals;
};

struct SegmentOptions {
  bool training = false;  // inference_noise is added only where false
  bool residuals = false;
  std::span<const uint64_t> noise_seeds;  // [R], may be empty if the model draws nothing
};

class Network {
 public:
  Network(const model::ModelConfig& config, at::Device device);

  at::ScalarType forward_type() const { return type_; }

  // inputs: [R,S] i32; puzzle_rows: [R,E] f32 rows of the puzzle table, undefined without one. Returns x [R,T,D].
  at::Tensor embed(const NetworkWeights& weights, const at::Tensor& inputs, const at::Tensor& puzzle_rows) const;

  // One segment. Calls outside the gradient span run without gradient on `frozen` (weights already cast to the forward
  // type); the others on `live`. The returned state is detached.
  struct Weights {
    const NetworkWeights &frozen, &live;
  };
  Segment segment(const Weights& weights, const at::Tensor& x, const State& state, const SegmentOptions& options) const;

  // The state that a fresh example starts from. seeds: [R]; chain_of: number of the chain of each row.
  State initial_state(const NetworkWeights& weights, std::span<const uint64_t> seeds,
                      std::span<const int64_t> chain_of) const;

 private:
  struct Call;  // one net call of the unrolled segment
  at::Tensor stack(const std::vector<BlockWeights>& blocks, at::Tensor x) const;
  at::Tensor mlp(const at::Tensor& gate_up, const at::Tensor& down, const at::Tensor& x) const;
  at::Tensor convolution(const BlockWeights& block, const at::Tensor& x) const;
  at::Tensor groups(const BlockWeights& block, const at::Tensor& x) const;
  at::Tensor embed_planes(const at::Tensor& embedding, const at::Tensor& inputs) const;
  at::Tensor logits(const NetworkWeights& heads, const at::Tensor& z_H) const;
  // The state after a call that said y; advances the history.
  at::Tensor adapt(const ResidualWeights& weights, const at::Tensor& z, const at::Tensor& y, at::Tensor& history) const;
  at::Tensor attention(const BlockWeights& block, const at::Tensor& x) const;
  at::Tensor mix(const at::Tensor& z, const at::Tensor& y, const SegmentOptions& options, uint64_t call) const;
  at::Tensor normal_like(const at::Tensor& z, const SegmentOptions& options, model::NoiseUse use, uint64_t index) const;

  model::ModelConfig config_;
  at::Device device_;
  at::ScalarType type_;
  at::Tensor rope_cos_, rope_sin_;  // [T,1,W] f32
};

}  // namespace hrm::aten
