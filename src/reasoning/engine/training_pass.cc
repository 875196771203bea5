#include "engine/training_pass.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "kernels/pack.h"

namespace hrm::engine {
namespace {

using kernels::Buffer;

// Examples, where the caller names no number, whose weight gradients are summed in one product: enough to amortise
// reading and writing the gradient, few enough that their operands stay in the cache (2 and 8 measured no better at
// widths 128 and 512).
constexpr size_t kMicroBatch = 4;

}  // namespace

template <typename E>
TrainingPass<E>::TrainingPass(const model::ModelConfig& config, const ParameterLayout& layout,
                              const Segment<E>& segment, size_t threads)
    : config_(config), dims_(segment.dims()), layout_(layout), segment_(segment), threads_(threads) {}

template <typename E>
TrainingPass<E>::Memory::Memory(const Segment<E>& segment, const ParameterLayout& layout, size_t micro_batch)
    : ws(segment.dims(), 1),
      x(segment.dims().state_size()),
      backward(segment.dims(), micro_batch),
      gradient(layout.trained_size()) {
  const Dims& d = segment.dims();
  for (size_t i = 0; i < micro_batch; ++i) {
    stashes.push_back(segment.make_stash());
    logits.emplace_back(d.S * d.V);
    d_logits.emplace_back(d.S * d.V);
  }
}

// sigmoid(q_halt') where this segment is the last, else sigmoid(max(q_halt', q_continue')), from the next segment.
template <typename E>
double TrainingPass<E>::continue_target(const Job& job, const Example& example, size_t chain,
                                        const ExampleState& next) const {
  const size_t b = example.b;
  Memory& memory = example.memory;
  EngineCarry ahead(1, dims_.state_size());
  std::copy_n(next.z_H, ahead.size, ahead.z_H.data());
  std::copy_n(next.z_L, ahead.size, ahead.z_L.data());
  auto seed = chain_seed(job.batch, b, chain);
  if (seed) seed = derive_seed(*seed, {});  // another segment, so other noise
  Team alone;
  segment_.forward(
      {.weights = job.weights, .x = memory.x.data(), .state = ahead.row(0), .seed = seed, .training = true},
      {memory.ws, alone, 0});
  HeadOutput heads;
  segment_.heads(job.weights, ahead.z_H.data(), heads);
  const float q = job.last[b] ? heads.q_halt : std::max(heads.q_halt, heads.q_continue);
  return sigmoid(q);  // unrounded: an untrained q_continue equals its target, and its gradient must be 0
}

// Runs the slot's chains and leaves the stash, logits and their gradient of the one with the lowest token loss in
// `slot`. All chains but the best are thereby without gradient.
template <typename E>
TokenLoss TrainingPass<E>::best_chain(const Job& job, const Example& example, size_t* best) const {
  const size_t K = chains(), b = example.b, slot = example.slot;
  Memory& memory = example.memory;
  Team alone;
  const auto run = [&](size_t k, ExampleState state) {
    segment_.forward({.weights = job.weights,
                      .x = memory.x.data(),
                      .state = state,
                      .seed = chain_seed(job.batch, b, k),
                      .training = true,
                      .stash = &memory.stashes[slot]},
                     {memory.ws, alone, 0});
    HeadOutput heads{.logits = memory.logits[slot].span()};
    segment_.heads(job.weights, state.z_H, heads);
    return token_loss(config_.arch.loss, memory.logits[slot].span(), job.batch.labels.subspan(b * dims_.S, dims_.S),
                      {.scale = 1 / job.divisor, .values = memory.d_logits[slot].span()});
  };
  *best = 0;
  if (K == 1) return run(0, job.carry.row(b));
  EngineCarry before(K, dims_.state_size());
  for (size_t k = 0; k < K; ++k) before.copy_row(k, job.carry, b * K + k);
  TokenLoss lowest;
  for (size_t k = 0; k < K; ++k) {
    const TokenLoss loss = run(k, job.carry.row(b * K + k));
    if (k > 0 && !(loss.lm < lowest.lm) && !std::isnan(lowest.lm)) continue;
    lowest = loss;
    *best = k;
  }
  if (*best + 1 != K) run(*best, before.row(*best));  // the stash holds the last chain: once more
  return lowest;
}

template <typename E>
auto TrainingPass<E>::run_example(const Job& job, const Example& example) const -> ExampleGradient {
  const model::ArchConfig& arch = config_.arch;
  const size_t K = chains(), b = example.b, slot = example.slot;
  Memory& memory = example.memory;
  segment_.embed(job.weights, example_input(job.batch, dims_, b), memory.x.data());
  size_t best = 0;
  const TokenLoss token = best_chain(job, example, &best);
  const ExampleState state = job.carry.row(b * K + best);
  HeadOutput heads;
  segment_.heads(job.weights, state.z_H, heads);

  ExampleGradient gradient{.stash = &memory.stashes[slot],
                           .input = example_input(job.batch, dims_, b),
                           .d_logits = memory.d_logits[slot].span(),
                           .d_puzzle = job.d_puzzle.subspan(b * puzzle_width(), puzzle_width())};
  const BinaryLoss halt = binary_cross_entropy(heads.q_halt, token.exact ? 1 : 0);
  gradient.d_q_halt = static_cast<float>(0.5 * halt.derivative / job.divisor);
  if (!arch.no_ACT_continue && arch.halt_max_steps > 1) {
    const double target = continue_target(job, example, best, state);
    const BinaryLoss q_continue = binary_cross_entropy(heads.q_continue, target);
    gradient.d_q_continue = static_cast<float>(0.5 * q_continue.derivative / job.divisor);
    job.q_continue[b] = q_continue.loss;
  }
  for (size_t k = 0; k < K; ++k)  // the winner's z_H is handed to all chains
    if (k != best) std::copy_n(state.z_H, dims_.state_size(), job.carry.row(b * K + k).z_H);
  job.lm[b] = token.lm;
  job.q_halt[b] = halt.loss;
  job.output.correct[b] = token.correct;
  job.output.supervised[b] = token.supervised;
  job.output.q_halt[b] = heads.q_halt;
  job.output.q_continue[b] = heads.q_continue;
  return gradient;
}

template <typename E>
void TrainingPass<E>::run_rows(const Job& job, size_t begin, size_t end, Memory& memory) const {
  std::ranges::fill(memory.gradient.span(), 0.f);
  for (size_t first = begin; first < end; first += memory.stashes.size()) {
    std::vector<ExampleGradient> examples;
    for (size_t b = first; b < std::min(end, first + memory.stashes.size()); ++b)
      examples.push_back(run_example(job, {b, memory, b - first}));
    segment_.backward(job.weights, examples, memory.backward, memory.gradient.span());
  }
}

template <typename E>
void TrainingPass<E>::reduce(size_t workers) {
  if (gradient_.size() == 0) gradient_ = Buffer<float>(layout_.trained_size());
  parallel_for(layout_.trained(), threads_, [&](size_t i) {
    const auto sum = layout_.slice(memories_[0]->gradient.span(), i);
    for (size_t w = 1; w < workers; ++w) {
      const auto part = layout_.slice(memories_[w]->gradient.span(), i);
      for (size_t j = 0; j < sum.size(); ++j) sum[j] += part[j];
    }
    const auto to = layout_.slice(gradient_.span(), i);
    const size_t rows = layout_.rows(i), columns = layout_.columns(i);
    if (segment_.transposed(i))
      kernels::transpose({columns, rows}, kernels::Panel<const float>{sum.data(), rows},
                         kernels::Panel<float>{to.data(), columns});
    else
      std::ranges::copy(sum, to.begin());
  });
}

template <typename E>
double TrainingPass<E>::gradient_norm() const {
  std::vector<double> squares(layout_.trained());
  parallel_for(layout_.trained(), threads_, [&](size_t i) {
    for (float g : layout_.slice(std::span<const float>(gradient_.span()), i)) squares[i] += double{g} * g;
  });
  double total = 0;
  for (double s : squares) total += s;
  return std::sqrt(total);
}

template <typename E>
void TrainingPass<E>::exchange(const Input& input, model::TrainOutput& output) {
  shared_.puzzle_ids.assign(input.batch.puzzle_identifiers.begin(), input.batch.puzzle_identifiers.end());
  shared_.puzzle_gradients.assign(d_puzzle_.data(), d_puzzle_.data() + d_puzzle_.size());
  if (!input.options.exchange) return;
  double losses[] = {output.lm_loss, output.q_halt_loss, output.q_continue_loss};
  shared_.gradient = gradient_.span();
  shared_.losses = losses;
  input.options.exchange(shared_);
  shared_.losses = {};
  output.lm_loss = losses[0];
  output.q_halt_loss = losses[1];
  output.q_continue_loss = losses[2];
}

template <typename E>
void TrainingPass<E>::make_memories(size_t workers, size_t micro_batch) {
  if (!memories_.empty() && memories_.front()->stashes.size() != micro_batch) memories_.clear();
  while (memories_.size() < workers) memories_.push_back(std::make_unique<Memory>(segment_, layout_, micro_batch));
}

template <typename E>
model::TrainOutput TrainingPass<E>::run(const SegmentWeights<E>& weights, const Input& input, EngineCarry& carry) {
  const size_t B = input.batch.size;
  const size_t workers = std::clamp<size_t>(B, 1, threads_);
  // More than a thread's share would be memory without use.
  const size_t micro_batch =
      input.options.micro_batch > 0 ? std::min(input.options.micro_batch, (B + workers - 1) / workers) : kMicroBatch;
  make_memories(workers, micro_batch);
  if (d_puzzle_.size() != B * puzzle_width()) d_puzzle_ = Buffer<float>(B * puzzle_width());
  model::TrainOutput output{.correct = std::vector<int32_t>(B),
                            .supervised = std::vector<int32_t>(B),
                            .q_halt = std::vector<float>(B),
                            .q_continue = std::vector<float>(B)};
  std::vector<double> lm(B), q_halt(B), q_continue(B);
  const Job job{.weights = weights,
                .batch = input.batch,
                .last = input.last_segment,
                .divisor = static_cast<double>(input.options.global_batch ? input.options.global_batch : B),
                .carry = carry,
                .output = output,
                .lm = lm,
                .q_halt = q_halt,
                .q_continue = q_continue,
                .d_puzzle = d_puzzle_.span()};
  run_threads(workers, [&](size_t w) { run_rows(job, B * w / workers, B * (w + 1) / workers, *memories_[w]); });
  for (size_t b = 0; b < B; ++b) {
    output.lm_loss += lm[b];
    output.q_halt_loss += q_halt[b];
    output.q_continue_loss += q_continue[b];
  }
  reduce(workers);
  exchange(input, output);
  output.loss = output.lm_loss + 0.5 * (output.q_halt_loss + output.q_continue_loss);
  output.gradient_norm = gradient_norm();
  return output;
}

template class TrainingPass<float>;
template class TrainingPass<kernels::bf16>;

}  // namespace hrm::engine
