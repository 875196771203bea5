// The configuration of the recursion. Every reasoning model of this project is one setting of it.
//
// HRM (arXiv 2506.21734), TRM (2510.04871), EqR (2605.21488), PTRM (2605.19943) and SiC (2601.19085) share one loop.
// With tokens x [B,T,D] (embedding and puzzle tokens), slow state z_H and fast state z_L [B,T,D], one *segment* is
//
//   repeat H_cycles times:
//     repeat L_cycles times:  z_L <- mix(z_L, f_L(z_L + z_H + x))
//     z_H <- mix(z_H, f_H(z_H + z_L))
//   logits = lm_head(z_H[:, P:]),  (q_halt, q_continue) = q_head(z_H[:, 0])
//   mix(z, y) = (1 - relaxation) z + relaxation y + noise * eps,   eps ~ N(0, 1)
//
// With residual = adaptive (InfiLoop, arXiv 2610.11570) each token weighs the new against the old, with a learned query
// u [D] and decay beta in (0, 1) per net, and the weight that the token's past has gathered, E (0 for a fresh example):
//   e = exp(u . rms_norm(y)),  E <- beta E + e,  mix(z, y) = z + (e / E) (y - z) + noise * eps
//
// The channel MLP, and the token-mixing one: [g, v] = x W_up, then
//   swiglu       (silu(g) * v) W_down
//   gated_norm   (sigmoid(g) * rms_norm(g * v)) W_down       (SiC, arXiv 2601.19085; the norm over the inner width)
//
// With symbol_planes (after SE-RRM, arXiv 2603.02193) the grid has K = V - 2 states per cell, one for each symbol (the
// tokens 2 .. V - 1), so that T = K S, and renaming the symbols of a puzzle renames those of its answer. Token (k, s) of
// x is E_0 where cell s holds symbol k, E_1 where it holds another, 0 where it is blank. Tokens mix by the means over
// their four groups, r (the row of a plane), c (column), b (box) and s (all planes of a cell):
//   [g, v] = x W_in,  u = silu(g) * v,  y = [u, mean_r(u) + mean_c(u), mean_b(u), mean_s(u)] W_out
//   logit(s, k) = lm_head z_H(k, s);  that of padding and blank is kNoSymbol
// No weight depends on S or V: one model reads grids of every size. The mean over groups in the place of SE-RRM's
// attention is ours: the order of a group's members does not matter, and it costs a tenth.
//
// On a grid (symbol_planes, local_t) no token sees all others at once, so q_head reads the mean of z_H over its tokens.
//
// Letters used everywhere: B examples, S tokens of a puzzle, P puzzle-embedding tokens, T = P + S, D width, N heads,
// W head width, V vocabulary. Field names are the authors' configuration keys where they have one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace hrm::model {

enum class Positions { kRope, kLearned, kNone };
enum class GradientSpan {
  kLastCalls,  // the last L call and the last H call (HRM's one-step approximation)
  kLastCycle,  // every call of the last H-cycle (TRM)
};
enum class InitialState {
  kFixed,   // the vectors H_init and L_init, the same for every token
  kRandom,  // a fresh truncated normal per example, token and channel at each reset
};
enum class Residual { kPlain, kAdaptive };  // how a call's result enters its state, see above
enum class MlpKind { kSwiglu, kGatedNorm };
enum class LossType { kStablemax, kSoftmax };
enum class Precision { kFloat32, kBFloat16 };  // of the forward operands; master weights are float32

EnumNames<Positions> enum_names(Positions);
EnumNames<GradientSpan> enum_names(GradientSpan);
EnumNames<InitialState> enum_names(InitialState);
EnumNames<Residual> enum_names(Residual);
EnumNames<MlpKind> enum_names(MlpKind);
EnumNames<LossType> enum_names(LossType);
EnumNames<Precision> enum_names(Precision);

struct LossConfig {
  LossType loss_type = LossType::kStablemax;
  double label_smoothing = 0;
  static void fields(auto& self, auto&& field) {
    field("loss_type", self.loss_type, "token loss: stablemax_cross_entropy (float64) or softmax_cross_entropy");
    field("label_smoothing", self.label_smoothing, "share of the target spread evenly over the vocabulary, 0..1");
  }
};

struct ArchConfig {
  int64_t H_cycles = 2, L_cycles = 2, H_layers = 4, L_layers = 4;
  int64_t hidden_size = 512, num_heads = 8;
  double expansion = 4;
  Positions pos_encodings = Positions::kRope;
  double rope_theta = 10000, rms_norm_eps = 1e-5;
  bool mlp_t = false;          // token-mixing SwiGLU instead of attention
  bool local_t = false;        // a 3x3 convolution over the grid, channel by channel, in the place of attention
  bool symbol_planes = false;  // a state per symbol and cell, see above
  int64_t grid_width = 0;      // cells in a row of the grid; 0: the grid is square
  int64_t box_width = 0;       // cells in a row of a box; 0: the smallest divisor of the width at or above its root
  MlpKind mlp = MlpKind::kSwiglu;
  bool shared_net = false;  // f_H = f_L: one net of L_layers blocks (TRM)
  GradientSpan gradient = GradientSpan::kLastCalls;
  int64_t puzzle_emb_ndim = 0, puzzle_emb_len = 0;  // len 0: as many tokens as ndim needs
  InitialState initial_state = InitialState::kFixed;
  double relaxation = 1, noise = 0, inference_noise = 0;
  Residual residual = Residual::kPlain;
  int64_t chains = 1;  // SiC's K
  int64_t halt_max_steps = 16;
  double halt_exploration_prob = 0.1;
  bool no_ACT_continue = false;  // halting by q_halt > 0, no q_continue target (TRM)
  Precision forward_dtype = Precision::kBFloat16;
  LossConfig loss;

  static void fields(auto& self, auto&& field) {
    field("H_cycles", self.H_cycles, "slow-module calls per segment");
    field("L_cycles", self.L_cycles, "fast-module calls per slow one");
    field("H_layers", self.H_layers, "blocks of the slow net (ignored with shared_net)");
    field("L_layers", self.L_layers, "blocks of the fast net");
    field("hidden_size", self.hidden_size, "model width D");
    field("num_heads", self.num_heads, "attention heads N; D / N must be even with rope");
    field("expansion", self.expansion,
          "SwiGLU inner width = round(expansion * D * 2/3), rounded up to 256 (to 64 with symbol_planes or local_t)");
    field("pos_encodings", self.pos_encodings, "rope, learned or none");
    field("rope_theta", self.rope_theta, "base of the rotary frequencies");
    field("rms_norm_eps", self.rms_norm_eps, "epsilon of RMSNorm");
    field("mlp_t", self.mlp_t, "mix tokens with a SwiGLU instead of attention");
    field("local_t", self.local_t,
          "mix tokens by a 3x3 convolution of each channel over the grid instead of attention");
    field("symbol_planes", self.symbol_planes,
          "a state for each symbol in each cell, mixed by the means over row, column, box and cell");
    field("grid_width", self.grid_width,
          "cells in a row of the grid, for local_t and symbol_planes; 0: the grid is square");
    field("box_width", self.box_width,
          "cells in a row of a box, for symbol_planes; 0: 3 for 9 and for 6, 2 for 4, 4 for 16");
    field("mlp", self.mlp, "the MLPs: swiglu, or gated_norm (SiC)");
    field("shared_net", self.shared_net, "use one net for both modules (TRM)");
    field("gradient", self.gradient, "calls that carry gradient: last_calls (HRM) or last_cycle (TRM)");
    field("puzzle_emb_ndim", self.puzzle_emb_ndim, "size of a puzzle embedding; 0: none");
    field("puzzle_emb_len", self.puzzle_emb_len, "puzzle tokens; 0: as many as puzzle_emb_ndim fills");
    field("initial_state", self.initial_state, "start of z_H, z_L: fixed vectors or random per token");
    field("relaxation", self.relaxation, "lambda of z <- (1-lambda) z + lambda f(z); EqR 0.95");
    field("noise", self.noise, "sigma of the noise added after every net call; EqR 0.01");
    field("inference_noise", self.inference_noise, "sigma of the noise added once per segment at inference; PTRM");
    field("residual", self.residual, "how a call's result enters its state: plain, or adaptive (weighed per token)");
    field("chains", self.chains, "K chains with different starts of z_L, of which the best one learns; SiC");
    field("halt_max_steps", self.halt_max_steps, "maximum segments, M_max");
    field("halt_exploration_prob", self.halt_exploration_prob, "probability of a random minimum number of segments");
    field("no_ACT_continue", self.no_ACT_continue, "halt when q_halt > 0 (TRM) instead of q_halt > q_continue");
    field("forward_dtype", self.forward_dtype, "float32 or bfloat16");
    field("loss", self.loss, "");
  }

  bool attention() const { return !mlp_t && !on_grid(); }                              // what else mixes the tokens
  bool on_grid() const { return local_t || symbol_planes; }                            // the rows of the grid matter
  bool any_size() const { return on_grid() && pos_encodings != Positions::kLearned; }  // no weight depends on S

  // The one-step gradient: the backward pass of a segment goes through its last L call and last H call, or (TRM) through
  // every call of the last H-cycle. call: of cycle h, 0 to L_cycles - 1 are its L calls, L_cycles is its H call.
  bool carries_gradient(int64_t h, int64_t call) const {
    return h + 1 == H_cycles && (call + 1 >= L_cycles || gradient == GradientSpan::kLastCycle);
  }

  // Throws bad_input naming the setting and what it must be.
  void validate() const;
};

constexpr int64_t kFirstSymbol =
    2;  // the first token that is a symbol, with symbol_planes: padding and blank come before
constexpr double kNoSymbol = -1e4;  // logit of padding and blank, with symbol_planes

// The sizes that the data set determines.
struct DataShape {
  int64_t seq_len = 0, vocab_size = 0, num_puzzle_identifiers = 1;
  static void fields(auto& self, auto&& field) {
    field("seq_len", self.seq_len, "tokens of a puzzle, S");
    field("vocab_size", self.vocab_size, "token ids, V");
    field("num_puzzle_identifiers", self.num_puzzle_identifiers, "rows of the puzzle table");
  }
};

// Everything needed to build a model; stored in a checkpoint's metadata.
struct ModelConfig {
  ArchConfig arch;
  DataShape data;
  static void fields(auto& self, auto&& field) {
    field("arch", self.arch, "");
    field("data", self.data, "");
  }

  int64_t puzzle_tokens() const;                                                              // P
  int64_t planes() const { return arch.symbol_planes ? data.vocab_size - kFirstSymbol : 1; }  // K, or 1
  int64_t tokens() const { return planes() * data.seq_len + puzzle_tokens(); }                // T
  int64_t head_width() const { return arch.hidden_size / arch.num_heads; }                    // W
  int64_t inner_width() const;                                                                // of the channel SwiGLU
  int64_t token_inner_width() const;  // of the token-mixing SwiGLU
  int64_t grid_width() const;         // cells in a row of the grid
  int64_t box_width() const;          // cells in a row of a box
  void validate() const;
};

// round(expansion * width * 2/3), rounded up to a multiple of `step`; the authors' step is 256.
int64_t swiglu_inner_width(double expansion, int64_t width, int64_t step = 256);

// Published settings by name: hrm, trm-attention, trm-mlp, eqr, ptrm, sic, direct; and trm-planes,
// TRM with symbol planes. Throws bad_input on an unknown name.
ArchConfig arch_preset(std::string_view name);
std::vector<std::string> arch_preset_names();

}  // namespace hrm::model
