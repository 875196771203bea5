#include "engine/forward_pass.h"

#include <cmath>

#include "base/threads.h"
#include "engine/losses.h"

namespace hrm::engine {

using kernels::Buffer;

template <typename E>
ForwardPass<E>::ForwardPass(const model::ModelConfig& config, const ParameterLayout& layout, const Segment<E>& segment,
                            size_t threads)
    : config_(config), dims_(segment.dims()), layout_(layout), segment_(segment), threads_(threads) {}

// All chains of one slot; the one with the largest q_halt answers and hands its z_H to the others.
template <typename E>
void ForwardPass<E>::run_example(const Job& job, size_t b, const Worker<E>& worker, float* x) const {
  const auto& [segment, weights, batch, options, carry, out] = job;
  const size_t K = static_cast<size_t>(config_.arch.chains), cells = dims_.S * dims_.V;
  if (worker.rank == 0) segment.embed(weights, example_input(batch, dims_, b), x);
  worker.team.sync();
  HeadOutput best;
  size_t winner = 0;
  SegmentResiduals residuals, best_residuals;
  for (size_t k = 0; k < K; ++k) {
    const ExampleState state = carry.row(b * K + k);
    segment.forward({.weights = weights,
                     .x = x,
                     .state = state,
                     .seed = chain_seed(batch, b, k),
                     .training = false,
                     .stash = nullptr,
                     .residuals = options.residuals ? &residuals : nullptr},
                    worker);
    if (worker.rank != 0) continue;
    HeadOutput heads;
    segment.heads(weights, state.z_H, heads);
    if (k > 0 && !(heads.q_halt > best.q_halt) && !std::isnan(best.q_halt)) continue;
    best = heads;
    winner = k;
    best_residuals = residuals;
  }
  if (worker.rank == 0) {
    for (size_t k = 0; k < K; ++k)
      if (k != winner) std::copy_n(carry.row(b * K + winner).z_H, carry.size, carry.row(b * K + k).z_H);
    std::vector<float> own_logits(options.logits ? 0 : cells);
    best.logits = options.logits ? std::span(out.logits).subspan(b * cells, cells) : std::span(own_logits);
    segment.heads(weights, carry.row(b * K + winner).z_H, best);
    for (size_t s = 0; s < dims_.S; ++s)
      out.answers[b * dims_.S + s] =
          static_cast<int32_t>(argmax(std::span<const float>(best.logits).subspan(s * dims_.V, dims_.V)));
    out.q_halt[b] = best.q_halt;
    out.q_continue[b] = best.q_continue;
    if (options.residuals) {
      out.residual_H[b] = best_residuals.H;
      out.residual_L[b] = best_residuals.L;
    }
  }
  worker.team.sync();  // x and the workspace are free
}

template <typename E>
const Segment<E>& ForwardPass<E>::segment_for(size_t members) {
  if (members == 1) return segment_;
  if (team_size_ != members) {
    team_segment_ = std::make_unique<Segment<E>>(config_, layout_, members, segment_.products());
    team_size_ = members;
    workspaces_.clear();
  }
  return *team_segment_;
}

template <typename E>
model::SegmentOutput ForwardPass<E>::run(const SegmentWeights<E>& weights, const model::Batch& batch,
                                         const model::ForwardOptions& options, EngineCarry& carry) {
  const size_t B = batch.size;
  model::SegmentOutput out{.answers = std::vector<int32_t>(B * dims_.S),
                           .q_halt = std::vector<float>(B),
                           .q_continue = std::vector<float>(B),
                           .logits = std::vector<float>(options.logits ? B * dims_.S * dims_.V : 0),
                           .residual_H = std::vector<float>(options.residuals ? B : 0),
                           .residual_L = std::vector<float>(options.residuals ? B : 0)};
  if (B == 0) return out;
  const size_t teams = std::min(B, threads_);
  const size_t members = rows_can_be_shared(dims_) ? threads_ / teams : 1;
  const Segment<E>& segment = segment_for(members);
  while (workspaces_.size() < teams)
    workspaces_.push_back(std::make_unique<Workspace<E>>(dims_, team_size_, segment.products()));
  std::vector<std::unique_ptr<Team>> all_teams;
  std::vector<Buffer<float>> x;
  for (size_t t = 0; t < teams; ++t) {
    all_teams.push_back(std::make_unique<Team>(members));
    x.emplace_back(dims_.state_size());
  }
  const Job job{segment, weights, batch, options, carry, out};
  run_threads(teams * members, [&](size_t i) {
    const size_t team = i / members;
    const Worker<E> worker{*workspaces_[team], *all_teams[team], i % members};
    for (size_t b = B * team / teams; b < B * (team + 1) / teams; ++b) run_example(job, b, worker, x[team].data());
  });
  return out;
}

template class ForwardPass<float>;
template class ForwardPass<kernels::bf16>;

}  // namespace hrm::engine
