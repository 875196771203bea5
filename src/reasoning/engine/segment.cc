#include "engine/segment.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "kernels/convert.h"
#include "kernels/pack.h"

namespace hrm::engine {
namespace {

using kernels::Buffer;

uint64_t need(std::optional<uint64_t> seed) {
  if (!seed) throw bad_input("engine.segment", "a model with noise or random initial states needs Batch::noise_seeds");
  return *seed;
}

}  // namespace

template <typename E>
Segment<E>::BackwardMemory::BackwardMemory(const Dims& d, size_t examples)
    : blocks(d, examples), d_logits_t(d.planes() ? d.T : d.V * d.S) {
  for (size_t i = 0; i < examples; ++i) {
    g.emplace_back(d.state_size());
    g_x.emplace_back(d.state_size());
  }
}

template <typename E>
Segment<E>::Segment(const model::ModelConfig& config, const ParameterLayout& layout, size_t team_size,
                    Products products)
    : arch_(config.arch), d_(dims_of(config)), products_(products), layout_(layout) {
  if (d_.attention() && arch_.pos_encodings == model::Positions::kRope)
    rotary_ = kernels::rotary_table(static_cast<float>(arch_.rope_theta), d_.T, d_.W);
  forward_ = make_net_forward<E>(products, {d_, static_cast<float>(arch_.rms_norm_eps), rotary_}, team_size);
  backward_ = std::make_unique<BlockBackward<E>>(d_, rotary_);
  // V logits of each cell, or with planes one score of each token.
  const size_t rows = d_.planes() ? d_.T : d_.S, scores = d_.planes() ? 1 : d_.V;
  logits_ = kernels::Gemm<float>({.m = scores, .n = rows, .k = d_.D, .lda = scores, .ldb = d_.D, .ldc = scores});
  d_z_ = BlockedGemm<float>(
      {.m = d_.D, .n = rows, .k = scores, .lda = d_.D, .ldb = scores, .ldc = d_.D, .accumulate = true});
  d_lm_head_ = BlockedGemm<float>(
      {.m = d_.D, .n = scores, .k = rows, .lda = d_.D, .ldb = rows, .ldc = d_.D, .accumulate = true});
  transposed_.resize(layout.parameters().size());
  const TransposedGradients t = transposed_gradients(d_);
  for (const auto* net : {&layout.index().L, &layout.index().H})
    for (const BlockIndex& block : *net) {
      transposed_[block.mixer_in] = t.mixer_in;
      if (block.mixer_out != kNone) transposed_[block.mixer_out] = t.mixer_out;
      transposed_[block.gate_up] = t.gate_up;
      transposed_[block.down] = t.down;
    }
}

template <typename E>
size_t Segment<E>::graded_L_calls() const {
  return arch_.gradient == model::GradientSpan::kLastCycle ? static_cast<size_t>(arch_.L_cycles) : 1;
}

template <typename E>
SegmentStash<E> Segment<E>::make_stash() const {
  const size_t blocks = graded_L_calls() * layout_.index().L.size() + layout_.index().H.size();
  SegmentStash<E> stash{.blocks = {}, .z_H = Buffer<float>(d_.state_size())};
  for (size_t i = 0; i < blocks; ++i) stash.blocks.emplace_back(d_);
  return stash;
}

// ---- embedding and heads ----

template <typename E>
float Segment<E>::embedding_scale() const {
  const double learned = arch_.pos_encodings == model::Positions::kLearned ? M_SQRT1_2 : 1;
  return static_cast<float>(learned * std::sqrt(static_cast<double>(d_.D)));
}

template <typename E>
void Segment<E>::embed(const SegmentWeights<E>& weights, const ExampleInput& input, float* x) const {
  const auto parameter = [&](size_t i) { return layout_.slice(weights.flat, i); };
  if (d_.P > 0) {
    const size_t width = layout_.columns(layout_.index().puzzle_emb);
    std::fill_n(x, d_.P * d_.D, 0.f);
    std::copy_n(parameter(layout_.index().puzzle_emb).data() + static_cast<size_t>(input.puzzle) * width, width, x);
  }
  const auto tokens = parameter(layout_.index().embed_tokens);
  if (d_.planes()) return embed_planes(plane_input(input), tokens.data(), x);
  for (size_t s = 0; s < d_.S; ++s)
    std::copy_n(tokens.data() + static_cast<size_t>(input.tokens[s]) * d_.D, d_.D, x + (d_.P + s) * d_.D);
  const float scale = embedding_scale();
  if (layout_.index().embed_pos != kNone)
    kernels::axpby({scale, scale}, parameter(layout_.index().embed_pos).data(), x, d_.state_size());
  else
    for (size_t i = 0; i < d_.state_size(); ++i) x[i] *= scale;
}

template <typename E>
void Segment<E>::embed_backward(const BackwardJob& job, size_t i) const {
  const ExampleGradient& example = job.examples[i];
  const float* g_x = job.memory.g_x[i].data();
  const float scale = embedding_scale();
  const auto add = [&](const float* from, float* to, size_t n) { kernels::axpby({scale, 1}, from, to, n); };
  if (!example.d_puzzle.empty()) {
    std::ranges::fill(example.d_puzzle, 0.f);
    add(g_x, example.d_puzzle.data(), example.d_puzzle.size());
  }
  const auto tokens = layout_.slice(job.gradient, layout_.index().embed_tokens);
  if (d_.planes()) return embed_planes_backward(plane_input(example.input), g_x, tokens.data());
  for (size_t s = 0; s < d_.S; ++s)
    add(g_x + (d_.P + s) * d_.D, tokens.data() + static_cast<size_t>(example.input.tokens[s]) * d_.D, d_.D);
  if (layout_.index().embed_pos != kNone)
    add(g_x, layout_.slice(job.gradient, layout_.index().embed_pos).data(), d_.state_size());
}

template <typename E>
const float* Segment<E>::seen_by_q(const float* z, std::vector<float>& mean) const {
  if (!d_.on_grid()) return z;
  mean.resize(d_.D);
  mean_token(d_.T, d_.D, z, mean.data());
  return mean.data();
}

template <typename E>
void Segment<E>::heads(const SegmentWeights<E>& weights, const float* z_H, HeadOutput& out) const {
  std::vector<float> scores(d_.planes() && !out.logits.empty() ? d_.T : 0), mean;
  if (!out.logits.empty())
    logits_(weights.lm_head.data(), z_H + d_.P * d_.D, scores.empty() ? out.logits.data() : scores.data());
  if (!scores.empty()) scores_to_logits(d_.grid, scores, out.logits);
  const float* seen = seen_by_q(z_H, mean);
  const auto q = layout_.slice(weights.flat, layout_.index().q_weight);
  const auto bias = layout_.slice(weights.flat, layout_.index().q_bias);
  double sums[2] = {bias[0], bias[1]};
  for (size_t row = 0; row < 2; ++row)
    for (size_t i = 0; i < d_.D; ++i) sums[row] += double{q[row * d_.D + i]} * seen[i];
  out.q_halt = static_cast<float>(sums[0]);
  out.q_continue = static_cast<float>(sums[1]);
}

template <typename E>
void Segment<E>::heads_backward(const BackwardJob& job, size_t i) const {
  const ExampleGradient& example = job.examples[i];
  float* g = job.memory.g[i].data();
  const auto& index = layout_.index();
  const float* z = example.stash->z_H.data();
  const size_t answers = d_.P * d_.D;  // where the puzzle's tokens begin
  std::fill_n(g, d_.state_size(), 0.f);
  if (d_.planes())
    logits_to_scores(d_.grid, example.d_logits, job.memory.d_logits_t.span());
  else
    kernels::transpose({d_.S, d_.V}, kernels::Panel<const float>{example.d_logits.data(), d_.V},
                       kernels::Panel<float>{job.memory.d_logits_t.data(), d_.S});
  d_z_(layout_.slice(job.weights.flat, index.lm_head).data(),
       d_.planes() ? job.memory.d_logits_t.data() : example.d_logits.data(), g + answers);
  d_lm_head_(z + answers, job.memory.d_logits_t.data(), layout_.slice(job.gradient, index.lm_head).data());
  const auto q = layout_.slice(job.weights.flat, index.q_weight);
  const auto dq = layout_.slice(job.gradient, index.q_weight), d_bias = layout_.slice(job.gradient, index.q_bias);
  const float d[2] = {example.d_q_halt, example.d_q_continue};
  std::vector<float> mean;
  const float* seen = seen_by_q(z, mean);
  const size_t readers = d_.on_grid() ? d_.T : 1;  // tokens that share its gradient
  for (size_t row = 0; row < 2; ++row) {
    const float share = d[row] / static_cast<float>(readers);
    for (size_t t = 0; share != 0 && t < readers; ++t)
      kernels::axpby({share, 1}, q.data() + row * d_.D, g + t * d_.D, d_.D);
    kernels::axpby({d[row], 1}, seen, dq.data() + row * d_.D, d_.D);
    d_bias[row] += d[row];
  }
}

// ---- the recursion ----

template <typename E>
void Segment<E>::initial_state(std::span<const float> weights, std::optional<uint64_t> seed, uint64_t chain,
                               const ExampleState& state) const {
  const auto fixed = [&](size_t i, float* z) {
    const auto vector = layout_.slice(weights, i);
    for (size_t t = 0; t < d_.T; ++t) std::ranges::copy(vector, z + t * d_.D);
  };
  const auto drawn = [&](model::NoiseUse use, uint64_t index, float* z) {
    model::fill_truncated_normal({need(seed), use, index}, {z, d_.state_size()});
  };
  // Chains differ in z_L's start (arXiv 2601.19085); z_H is common to them.
  const bool random = arch_.initial_state == model::InitialState::kRandom;
  if (random)
    drawn(model::NoiseUse::kInitialH, 0, state.z_H);
  else
    fixed(layout_.index().H_init, state.z_H);
  if (random || arch_.chains > 1)
    drawn(model::NoiseUse::kInitialL, chain, state.z_L);
  else
    fixed(layout_.index().L_init, state.z_L);
}

template <typename E>
void Segment<E>::add_noise(const model::NoiseKey& key, double sigma, float* z) const {
  Buffer<float> noise(d_.state_size());
  model::fill_normal(key, noise.span());
  kernels::axpby({static_cast<float>(sigma), 1}, noise.data(), z, d_.state_size());
}

// z <- (1 - relaxation) z + relaxation y + noise eps, y = ws.x.
template <typename E>
void Segment<E>::mix(const Call& call, const Run& run, const Worker<E>& worker) const {
  Workspace<E>& ws = worker.ws;
  float* z = call.high ? run.state.z_H : run.state.z_L;
  const auto lambda = static_cast<float>(arch_.relaxation);
  const bool residual = run.residuals && call.last_of_its_kind;
  const auto [begin, end] = worker.team.share(worker.rank, d_.T, 2);
  const size_t at = begin * d_.D, n = (end - begin) * d_.D;
  if (residual) std::copy_n(z + at, n, ws.before.data() + at);
  if (lambda == 1)
    std::copy_n(ws.x.data() + at, n, z + at);
  else
    kernels::axpby({lambda, 1 - lambda}, ws.x.data() + at, z + at, n);
  if (arch_.noise > 0) {
    worker.team.sync();
    if (worker.rank == 0) add_noise({need(run.seed), model::NoiseUse::kCall, call.number}, arch_.noise, z);
  }
  if (arch_.noise > 0 || residual) worker.team.sync();
  if (!residual || worker.rank != 0) return;
  // All rows in one sum, so that it does not depend on the team. The others change z only after the next call's blocks.
  kernels::axpby({1, -1}, z, ws.before.data(), d_.state_size());
  const double change = kernels::sum_of_squares(ws.before.data(), d_.state_size());
  const double size = kernels::sum_of_squares(z, d_.state_size());
  (call.high ? run.residuals->H : run.residuals->L) =
      static_cast<float>(std::sqrt(change) / std::max(std::sqrt(size), 1e-20));
}

template <typename E>
void Segment<E>::call(const Call& call, const Run& run, const Worker<E>& worker, size_t& stashed) const {
  Workspace<E>& ws = worker.ws;
  const auto [begin, end] = worker.team.share(worker.rank, d_.T, 2);
  const size_t at = begin * d_.D, n = (end - begin) * d_.D;
  const float *z_H = run.state.z_H + at, *z_L = run.state.z_L + at;
  float* x = ws.x.data() + at;
  if (call.high) {
    kernels::add(z_H, z_L, x, n);
  } else {
    kernels::add(z_H, run.x + at, x, n);
    kernels::add(z_L, x, x, n);
  }
  kernels::convert(x, ws.xe.data() + at, n);
  BlockStash<E>* stash = run.stash && call.gradient ? &run.stash->blocks[stashed] : nullptr;
  forward_->run(run.weights, call.high, worker, stash);
  if (stash) stashed += (call.high ? layout_.index().H : layout_.index().L).size();
  mix(call, run, worker);
}

// Unrolled, a segment is H_cycles x (L_cycles L-calls, then one H-call). The calls with gradient are the last ones.
template <typename E>
void Segment<E>::forward(const Run& run, const Worker<E>& worker) const {
  if (!run.training && arch_.inference_noise > 0) {
    if (worker.rank == 0) {
      add_noise({need(run.seed), model::NoiseUse::kSegment, 0}, arch_.inference_noise, run.state.z_H);
      add_noise({need(run.seed), model::NoiseUse::kSegment, 1}, arch_.inference_noise, run.state.z_L);
    }
    worker.team.sync();
  }
  uint64_t number = 0;
  size_t stashed = 0;
  for (int64_t h = 0; h < arch_.H_cycles; ++h) {
    const bool last_cycle = h + 1 == arch_.H_cycles;
    for (int64_t l = 0; l < arch_.L_cycles; ++l) {
      const bool last = last_cycle && l + 1 == arch_.L_cycles;
      call({number++, false, arch_.carries_gradient(h, l), last}, run, worker, stashed);
    }
    call({number++, true, arch_.carries_gradient(h, arch_.L_cycles), last_cycle}, run, worker, stashed);
  }
  if (run.stash) std::copy_n(run.state.z_H, d_.state_size(), run.stash->z_H.data());
  worker.team.sync();  // the states of all rows are there
}

// ---- backward ----

// Through all blocks of one net call; memory.g: of each example dL/d(output), replaced by dL/d(input).
template <typename E>
void Segment<E>::net_backward(const BackwardJob& job, bool high, size_t call) const {
  const auto& blocks = high ? job.weights.nets.high() : job.weights.nets.L;
  const auto& index = high ? layout_.index().H : layout_.index().L;
  const size_t first = call * layout_.index().L.size();  // the L calls come before the H call
  const auto target = [&](size_t i) { return layout_.slice(job.gradient, i).data(); };
  for (size_t layer = blocks.size(); layer-- > 0;) {
    std::vector<ExampleBackward<E>> examples;
    for (size_t i = 0; i < job.examples.size(); ++i)
      examples.push_back({&job.examples[i].stash->blocks[first + layer], job.memory.g[i].data()});
    backward_->run(blocks[layer], examples, job.memory.blocks,
                   {.mixer_in = target(index[layer].mixer_in),
                    .mixer_out = d_.local ? nullptr : target(index[layer].mixer_out),
                    .gate_up = target(index[layer].gate_up),
                    .down = target(index[layer].down)});
  }
}

template <typename E>
void Segment<E>::backward(const SegmentWeights<E>& weights, std::span<const ExampleGradient> examples,
                          BackwardMemory& memory, std::span<float> gradient) const {
  const auto lambda = static_cast<float>(arch_.relaxation);
  const size_t n = d_.state_size(), calls = graded_L_calls();
  const BackwardJob job{weights, examples, memory, gradient};
  for (size_t i = 0; i < examples.size(); ++i) {
    heads_backward(job, i);
    if (lambda != 1) kernels::axpby({lambda, 0}, memory.g[i].data(), memory.g[i].data(), n);
  }
  net_backward(job, true, calls);
  // memory.g is now dL/dz_L after the last L call: z_H of before is a constant. Going back, z_L reaches its successor
  // through the net and, with relaxation below 1, directly.
  std::vector<Buffer<float>> direct;
  if (lambda != 1)
    for (size_t i = 0; i < examples.size(); ++i) direct.emplace_back(n);
  for (size_t call = calls; call-- > 0;) {
    for (size_t i = 0; i < direct.size(); ++i) {
      kernels::axpby({1 - lambda, 0}, memory.g[i].data(), direct[i].data(), n);
      kernels::axpby({lambda, 0}, memory.g[i].data(), memory.g[i].data(), n);
    }
    net_backward(job, false, call);
    for (size_t i = 0; i < examples.size(); ++i) {
      float* g_x = memory.g_x[i].data();
      if (call + 1 == calls)
        std::copy_n(memory.g[i].data(), n, g_x);
      else
        kernels::add(memory.g[i].data(), g_x, g_x, n);
      if (!direct.empty()) kernels::axpby({1, 1}, direct[i].data(), memory.g[i].data(), n);
    }
  }
  for (size_t i = 0; i < examples.size(); ++i) embed_backward(job, i);
}

template class Segment<float>;
template class Segment<kernels::bf16>;

}  // namespace hrm::engine
