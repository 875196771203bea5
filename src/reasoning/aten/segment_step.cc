#include "aten/segment_step.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "aten/losses.h"
#include "base/rng.h"
#include "torch/host.h"

namespace hrm::aten {
namespace {

using model::ForwardOptions;
using model::SegmentOutput;
using model::TrainOutput;

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void add_gradients(std::vector<at::Tensor>& to, const std::vector<at::Tensor>& from) {
  for (size_t i = 0; i < to.size(); ++i) {
    if (!from[i].defined()) continue;
    to[i] = to[i].defined() ? to[i].add_(from[i]) : from[i];
  }
}

at::Tensor embed(const StepModel& model, const NetworkWeights& weights, const Rows& rows,
                 const at::Tensor& puzzle_rows) {
  const at::Tensor x = model.network.embed(weights, rows.inputs, puzzle_rows);
  const int64_t chains = model.config.arch.chains;
  return chains == 1 ? x : x.repeat_interleave(chains, 0);
}

// score: [n*K], larger is better. The row of the best chain of every slot, [n].
at::Tensor winner_rows(const at::Tensor& score, int64_t chains) {
  const at::Tensor best = score.view({-1, chains}).argmax(-1);
  return at::arange(best.size(0), best.options()) * chains + best;
}

// The winner's z_H is handed to all chains of its slot.
void share_winner(State& state, const at::Tensor& winners, int64_t chains) {
  state.z_H = state.z_H.index_select(0, winners).repeat_interleave(chains, 0);
}

// sigmoid(q_halt') where this segment is the last, else sigmoid(max(q_halt', q_continue')), from the next segment.
at::Tensor continue_target(const StepModel& model, const at::Tensor& x, const Rows& rows, const State& next) {
  const at::NoGradGuard no_grad;
  std::vector<uint64_t> seeds = rows.seeds;  // another segment, so other noise
  for (uint64_t& seed : seeds) seed = derive_seed(seed, {});
  const at::Tensor q =
      model.network.segment({model.frozen, model.frozen}, x.detach(), next, {.training = true, .noise_seeds = seeds}).q;
  const at::Tensor last = rows.last.repeat_interleave(model.config.arch.chains, 0);
  return at::where(last, q.select(1, 0), q.amax(1)).sigmoid();
}

}  // namespace

Rows take_rows(const model::ModelConfig& config, const BatchState& all, size_t begin, size_t end) {
  const auto& [batch, last, state] = all;
  const size_t s = static_cast<size_t>(config.data.seq_len), n = end - begin;
  const auto rows = static_cast<int64_t>(n);
  const int64_t chains = config.arch.chains;
  const at::Device device = state.z_H.device();
  const auto cells = [&](std::span<const int32_t> tokens) {
    return torch::to_aten(tokens.subspan(begin * s, n * s), {rows, config.data.seq_len}, device);
  };
  Rows part;
  part.inputs = cells(batch.inputs);
  if (!batch.labels.empty()) part.labels = cells(batch.labels);
  part.ids = torch::to_aten(batch.puzzle_identifiers.subspan(begin, n), {rows}, device);
  if (!last.empty()) part.last = torch::to_aten(last.subspan(begin, n), {rows}, device).to(at::kBool);
  if (!batch.noise_seeds.empty())
    for (uint64_t seed : batch.noise_seeds.subspan(begin, n))
      for (int64_t k = 0; k < chains; ++k)
        part.seeds.push_back(k == 0 ? seed : derive_seed(seed, {static_cast<uint64_t>(k)}));
  const int64_t first = static_cast<int64_t>(begin) * chains, stop = static_cast<int64_t>(end) * chains;
  for (const StatePart& of : state_parts(config.arch)) part.state.*of.tensor = (state.*of.tensor).slice(0, first, stop);
  return part;
}

void merge(Partial& total, const Partial& part) {
  add_gradients(total.gradients, part.gradients);
  if (part.puzzle_rows.defined())
    total.puzzle_rows = total.puzzle_rows.defined() ? at::cat({total.puzzle_rows, part.puzzle_rows}) : part.puzzle_rows;
  append(total.states, part.states);
  TrainOutput& to = total.output;
  const TrainOutput& from = part.output;
  to.loss += from.loss;
  to.lm_loss += from.lm_loss;
  to.q_halt_loss += from.q_halt_loss;
  to.q_continue_loss += from.q_continue_loss;
  append(to.correct, from.correct);
  append(to.supervised, from.supervised);
  append(to.q_halt, from.q_halt);
  append(to.q_continue, from.q_continue);
}

void merge(SegmentOutput& total, const SegmentOutput& part) {
  append(total.answers, part.answers);
  append(total.q_halt, part.q_halt);
  append(total.q_continue, part.q_continue);
  append(total.logits, part.logits);
  append(total.residual_H, part.residual_H);
  append(total.residual_L, part.residual_L);
}

State join(const std::vector<State>& parts) {
  if (parts.size() == 1) return parts.front();
  const auto joined = [&](at::Tensor State::*tensor) {
    std::vector<at::Tensor> all;
    for (const State& part : parts) all.push_back(part.*tensor);
    return all.front().defined() ? at::cat(all) : at::Tensor();
  };
  return {joined(&State::z_H), joined(&State::z_L), joined(&State::history_H), joined(&State::history_L)};
}

SegmentOutput forward_rows(const StepModel& model, const Rows& rows, const ForwardOptions& options, State& next) {
  const at::NoGradGuard no_grad;
  const NetworkWeights& weights = model.frozen;
  const int64_t chains = model.config.arch.chains;
  const at::Tensor puzzles = weights.puzzle_emb.defined() ? weights.puzzle_emb.index_select(0, rows.ids) : at::Tensor();
  Segment segment =
      model.network.segment({weights, weights}, embed(model, weights, rows, puzzles), rows.state,
                            {.training = false, .residuals = options.residuals, .noise_seeds = rows.seeds});
  if (chains > 1) {
    const at::Tensor best = winner_rows(segment.q.select(1, 0), chains);
    share_winner(segment.state, best, chains);
    segment.logits = segment.logits.index_select(0, best);
    segment.q = segment.q.index_select(0, best);
    if (options.residuals)
      segment.residuals = {segment.residuals.H.index_select(0, best), segment.residuals.L.index_select(0, best)};
  }
  next = segment.state;

  SegmentOutput out;
  out.answers = torch::to_vector<int32_t>(segment.logits.argmax(-1).to(at::kInt));
  out.q_halt = torch::to_vector<float>(segment.q.select(1, 0));
  out.q_continue = torch::to_vector<float>(segment.q.select(1, 1));
  if (options.logits) out.logits = torch::to_vector<float>(segment.logits.to(at::kFloat));
  if (options.residuals) {
    out.residual_H = torch::to_vector<float>(segment.residuals.H);
    out.residual_L = torch::to_vector<float>(segment.residuals.L);
  }
  return out;
}

Partial train_rows(const StepModel& model, const Rows& rows, double divisor) {
  const model::ArchConfig& arch = model.config.arch;
  Partial part;
  TrainOutput& output = part.output;
  at::Tensor puzzles;
  if (model.live.puzzle_emb.defined()) puzzles = model.live.puzzle_emb.index_select(0, rows.ids).requires_grad_();
  const at::Tensor x = embed(model, model.live, rows, puzzles);
  Segment segment =
      model.network.segment({model.frozen, model.live}, x, rows.state, {.training = true, .noise_seeds = rows.seeds});
  const at::Tensor labels = arch.chains == 1 ? rows.labels : rows.labels.repeat_interleave(arch.chains, 0);
  TokenLoss token = token_loss(arch.loss, segment.logits, labels);

  const bool continues = !arch.no_ACT_continue && arch.halt_max_steps > 1;
  at::Tensor target = continues ? continue_target(model, x, rows, segment.state) : at::Tensor();
  at::Tensor q = segment.q;
  if (arch.chains > 1) {  // only the chain with the lowest token loss learns, and its z_H is handed to all
    const at::Tensor best = winner_rows(-token.lm.detach(), arch.chains);
    share_winner(segment.state, best, arch.chains);
    token = {token.lm.index_select(0, best), token.correct.index_select(0, best),
             token.supervised.index_select(0, best), token.exact.index_select(0, best)};
    q = q.index_select(0, best);
    if (continues) target = target.index_select(0, best);
  }
  const at::Tensor lm = token.lm.sum(), q_halt = q_loss(q.select(1, 0), token.exact).sum();
  at::Tensor loss = lm + 0.5 * q_halt;
  if (continues) {
    const at::Tensor q_continue = q_loss(q.select(1, 1), target).sum();
    loss = loss + 0.5 * q_continue;
    output.q_continue_loss = q_continue.item<double>();
  }
  output.loss = loss.item<double>();
  output.lm_loss = lm.item<double>();
  output.q_halt_loss = q_halt.item<double>();
  output.correct = torch::to_vector<int32_t>(token.correct);
  output.supervised = torch::to_vector<int32_t>(token.supervised);
  output.q_halt = torch::to_vector<float>(q.select(1, 0));
  output.q_continue = torch::to_vector<float>(q.select(1, 1));

  ::torch::autograd::variable_list wanted;
  for (const auto& slot : model.slots) wanted.push_back(slot.parameter);
  if (puzzles.defined()) wanted.push_back(puzzles);
  part.gradients = ::torch::autograd::grad({loss / divisor}, wanted, {}, std::nullopt, /*create_graph=*/false,
                                           /*allow_unused=*/true);
  if (puzzles.defined()) {
    part.puzzle_rows = part.gradients.back();
    part.gradients.pop_back();
  }
  part.states = {segment.state};
  return part;
}

}  // namespace hrm::aten
