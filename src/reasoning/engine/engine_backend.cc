#include "engine/engine_backend.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/threads.h"
#include "engine/carry.h"
#include "engine/forward_pass.h"
#include "engine/optimizer.h"
#include "engine/training_pass.h"
#include "kernels/dispatch.h"
#include "kernels/gemm.h"
#include "kernels/gemm_int8.h"
#include "kernels/pack.h"
#include "model/batch_check.h"
#include "model/precision.h"

namespace hrm::engine {
namespace {

using kernels::Buffer;
using model::ModelConfig;

constexpr std::string_view kWhere = "engine.engine_backend";

EngineCarry& own(model::Carry& carry) { return dynamic_cast<EngineCarry&>(carry); }
const EngineCarry& own(const model::Carry& carry) { return dynamic_cast<const EngineCarry&>(carry); }

template <typename E>
class EngineBackend final : public model::Backend {
 public:
  EngineBackend(const ModelConfig& config, const model::BackendOptions& options)
      : config_(config),
        layout_(config),
        dims_(dims_of(config)),
        threads_(options.threads ? options.threads : default_threads()),
        segment_(config, layout_, 1, options.precision == model::kInt8 ? Products::kInt8 : Products::kOperands),
        forward_(config, layout_, segment_, threads_),
        training_(config, layout_, segment_, threads_),
        weights_(layout_.size()) {
    set_weights(model::initial_weights(config, 0));
  }

  std::string description() const override {
    const bool int8 = segment_.products() == Products::kInt8;
    return fmt::format("engine, {}, {}, {} threads, {}{}", kernels::cpu_description(), kernels::gemm_description(),
                       threads_, int8 ? "int8 of " : "", name_of_enum(config_.arch.forward_dtype));
  }
  const ModelConfig& config() const override { return config_; }

  NamedTensors weights(model::WeightSet set) const override;
  void set_weights(const NamedTensors& weights) override;
  void set_optimizer(const model::OptimizerConfig& config) override;
  NamedTensors optimizer_state() const override { return optimizer().state(); }
  void set_optimizer_state(const NamedTensors& state) override;

  std::unique_ptr<model::Carry> make_carry(size_t batch) const override {
    return std::make_unique<EngineCarry>(batch * chains(), dims_.state_size());
  }
  void reset(model::Carry& carry, const model::Batch& batch, std::span<const uint8_t> reset) const override;
  std::unique_ptr<model::Carry> select(const model::Carry& carry, std::span<const size_t> keep) const override;
  NamedTensors save(const model::Carry& carry) const override;
  std::unique_ptr<model::Carry> load(const NamedTensors& state) const override;

  model::SegmentOutput forward(const model::Batch& batch, model::Carry& carry,
                               const model::ForwardOptions& options) override;
  model::TrainOutput train_step(const model::Batch& batch, std::span<const uint8_t> last_segment, model::Carry& carry,
                                const model::TrainOptions& options) override;
  model::Gradients gradients(const model::Batch& batch, std::span<const uint8_t> last_segment, model::Carry& carry,
                             const model::TrainOptions& options) override;

 private:
  using Weights = SegmentWeights<E>;
  using TrainingInput = typename TrainingPass<E>::Input;
  struct Prepared {  // weights as the products want them
    std::optional<Weights> weights;
    bool backward = false;  // with what the backward pass needs
    bool stale = false;     // an update came since; the memory can be used again
  };

  size_t chains() const { return static_cast<size_t>(config_.arch.chains); }
  Optimizer& optimizer() {
    if (!optimizer_) throw failure(kWhere, "no optimizer: call set_optimizer after set_weights");
    return *optimizer_;
  }
  const Optimizer& optimizer() const { return const_cast<EngineBackend*>(this)->optimizer(); }
  const Weights& prepare(model::WeightSet set, bool backward);
  void check(const model::Batch& batch, const EngineCarry& carry, bool labels) const;
<<<<<<< HEAD
  model::TrainOutput accumulate(const TrainingInput& input, EngineCarry& carry);
=======
  engine::ExampleInput input(const model::Batch& batch, size_t b) const;
  std::optional<uint64_t> chain_seed(const model::Batch& batch, size_t b, size_t chain) const;
  // What is the same for every example of a batch.
  struct ForwardJob {
    const Segment& segment;
    const Weights& weights;
    const model::Batch& batch;
    const model::ForwardOptions& options;
    EngineCarry& carry;
    model::SegmentOutput& out;
  };
  void forward_example(const ForwardJob& job, size_t b, const engine::Worker<E>& worker, float* x) const;
  double continue_target(const TrainJob& job, size_t b, size_t chain, engine::ExampleState next,
                         TrainMemory& memory) const;
  engine::TokenLoss best_chain(const TrainJob& job, size_t b, TrainMemory& memory, size_t slot, size_t* best) const;
  typename Segment::ExampleGradient train_example(const TrainJob& job, size_t b, TrainMemory& memory,
                                                  size_t slot) const;
  void train_rows(const TrainJob& job, size_t begin, size_t end, TrainMemory& memory) const;
  // Sum of the threads' gradients in `gradient_`, in the parameters' own shapes.
  void reduce(size_t workers);
  double gradient_norm() const;
  // The same over the processes of the job, with their losses (of `output`) and puzzle rows.
  void exchange(const model::Batch& batch, const model::TrainOptions& options, model::TrainOutput& output);
  model::TrainOutput accumulate(const model::Batch& batch, std::span<const uint8_t> last, EngineCarry& carry,
                                const model::TrainOptions& options);
>>>>>>> w2/dist

  ModelConfig config_;
  ParameterLayout layout_;
  Dims dims_;
  size_t threads_;
<<<<<<< HEAD
  Segment<E> segment_;  // for one thread per example
  ForwardPass<E> forward_;
  TrainingPass<E> training_;
  Buffer<float> weights_, averaged_;
  std::optional<Optimizer> optimizer_;
=======
  engine::Products products_;
  Segment segment_;  // for one thread per example
  std::unique_ptr<Segment> team_segment_;
  size_t team_size_ = 1;
  Buffer<float> weights_, averaged_, gradient_, d_puzzle_;
  model::StepParts shared_;  // of all processes: the puzzle rows that the update takes
  std::optional<engine::Optimizer> optimizer_;
>>>>>>> w2/dist
  Prepared live_, average_;
};

// ---- weights and optimizer ----

template <typename E>
NamedTensors EngineBackend<E>::weights(model::WeightSet set) const {
  if (set == model::WeightSet::kAveraged && optimizer_)
    return layout_.export_weights(optimizer_->averaged(weights_.span()).span());
  return layout_.export_weights(weights_.span());
}

template <typename E>
void EngineBackend<E>::set_weights(const NamedTensors& weights) {
  model::check_weights(config_, weights, "set_weights");
  layout_.import_weights(weights, weights_.span());
  optimizer_.reset();
  live_ = {};
  average_ = {};
}

template <typename E>
void EngineBackend<E>::set_optimizer(const model::OptimizerConfig& config) {
  optimizer_.emplace(config, layout_);
  average_ = {};
}

template <typename E>
void EngineBackend<E>::set_optimizer_state(const NamedTensors& state) {
  optimizer().set_state(state);
  average_ = {};
}

template <typename E>
auto EngineBackend<E>::prepare(model::WeightSet set, bool backward) -> const Weights& {
  const bool averaged = set == model::WeightSet::kAveraged && optimizer_;
  Prepared& prepared = averaged ? average_ : live_;
  if (prepared.weights && !prepared.stale && (prepared.backward || !backward)) return *prepared.weights;
  if (averaged) averaged_ = optimizer_->averaged(weights_.span());
  Weights& weights = prepared.weights ? *prepared.weights : prepared.weights.emplace();
  prepared.stale = true;  // until all is packed
  weights.flat = averaged ? averaged_.span() : weights_.span();
  if (segment_.products() == Products::kInt8)
    weights.int8 = pack_int8({dims_, layout_, weights.flat}, threads_);
  else
    pack({dims_, layout_, weights.flat}, {.backward = backward, .threads = threads_}, weights.nets);
  if (weights.lm_head.size() == 0) weights.lm_head = Buffer<float>(dims_.D * dims_.V);
  kernels::transpose({dims_.V, dims_.D},
                     kernels::Panel<const float>{layout_.slice(weights.flat, layout_.index().lm_head).data(), dims_.D},
                     kernels::Panel<float>{weights.lm_head.data(), dims_.V});
  prepared.backward = backward;
  prepared.stale = false;
  return weights;
}

// ---- recurrent state ----

template <typename E>
void EngineBackend<E>::reset(model::Carry& carry, const model::Batch& batch, std::span<const uint8_t> reset) const {
  EngineCarry& mine = own(carry);
  for (size_t b = 0; b < reset.size(); ++b) {
    if (!reset[b]) continue;
    const auto seed = batch.noise_seeds.empty() ? std::nullopt : std::optional(batch.noise_seeds[b]);
    for (size_t k = 0; k < chains(); ++k) segment_.initial_state(weights_.span(), seed, k, mine.row(b * chains() + k));
  }
}

template <typename E>
std::unique_ptr<model::Carry> EngineBackend<E>::select(const model::Carry& carry, std::span<const size_t> keep) const {
  auto result = std::make_unique<EngineCarry>(keep.size() * chains(), dims_.state_size());
  for (size_t i = 0; i < keep.size(); ++i)
    for (size_t k = 0; k < chains(); ++k) result->copy_row(i * chains() + k, own(carry), keep[i] * chains() + k);
  return result;
}

template <typename E>
NamedTensors EngineBackend<E>::save(const model::Carry& carry) const {
  const EngineCarry& mine = own(carry);
  Shape shape = {static_cast<int64_t>(mine.rows() / chains()), config_.tokens(), config_.arch.hidden_size};
  if (chains() > 1) shape.insert(shape.begin() + 1, config_.arch.chains);
  NamedTensors all;
  all.emplace("z_H", HostTensor::of<float>(shape, mine.z_H.span()));
  all.emplace("z_L", HostTensor::of<float>(shape, mine.z_L.span()));
  return all;
}

template <typename E>
std::unique_ptr<model::Carry> EngineBackend<E>::load(const NamedTensors& state) const {
  const auto take = [&](const char* name) {
    const auto found = state.find(name);
    if (found == state.end()) throw bad_input(kWhere, "carry: '{}' is missing", name);
    const Shape& shape = found->second.shape();
    const Shape tail = {config_.tokens(), config_.arch.hidden_size};
    const bool chained = chains() > 1;
    if (shape.size() != (chained ? 4u : 3u) || (chained && shape[1] != config_.arch.chains) ||
        !std::equal(tail.begin(), tail.end(), shape.end() - 2))
      throw bad_input(kWhere, "carry: '{}' has shape {}, expected [B, {}{}, {}]", name, to_string(shape),
                      chained ? fmt::format("{}, ", chains()) : "", tail[0], tail[1]);
    return found->second.to(DType::kF32);
  };
  const HostTensor z_H = take("z_H"), z_L = take("z_L");
  if (z_H.shape() != z_L.shape())
    throw bad_input(kWhere, "carry: z_H is {} and z_L {}", to_string(z_H.shape()), to_string(z_L.shape()));
  auto carry = std::make_unique<EngineCarry>(static_cast<size_t>(z_H.count()) / dims_.state_size(), dims_.state_size());
  std::ranges::copy(z_H.as<float>(), carry->z_H.data());
  std::ranges::copy(z_L.as<float>(), carry->z_L.data());
  return carry;
}

// ---- forward ----

template <typename E>
void EngineBackend<E>::check(const model::Batch& batch, const EngineCarry& carry, bool labels) const {
  model::check_batch(config_, batch, {.carry_rows = carry.rows(), .labels = labels}, kWhere);
  const auto& arch = config_.arch;
  if (batch.noise_seeds.empty() && (arch.noise > 0 || (!labels && arch.inference_noise > 0)))
    throw bad_input(kWhere, "a model with noise needs Batch::noise_seeds");
}

template <typename E>
model::SegmentOutput EngineBackend<E>::forward(const model::Batch& batch, model::Carry& carry,
                                               const model::ForwardOptions& options) {
  EngineCarry& mine = own(carry);
  check(batch, mine, /*labels=*/false);
  if (batch.size == 0) return forward_.run({}, batch, options, mine);
  return forward_.run(prepare(options.weights, /*backward=*/false), batch, options, mine);
}

// ---- training ----

template <typename E>
<<<<<<< HEAD
model::TrainOutput EngineBackend<E>::accumulate(const TrainingInput& input, EngineCarry& carry) {
  check(input.batch, carry, /*labels=*/true);
  if (segment_.products() == Products::kInt8)
    throw bad_input(kWhere, "int8 is for inference: train with precision bfloat16 or float32");
  if (input.last_segment.size() != input.batch.size)
    throw bad_input(kWhere, "last_segment holds {} flags for a batch of {}", input.last_segment.size(),
                    input.batch.size);
  return training_.run(prepare(model::WeightSet::kLive, /*backward=*/true), input, carry);
=======
EngineBackend<E>::TrainMemory::TrainMemory(const Segment& segment, const ParameterLayout& layout, size_t micro_batch)
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
double EngineBackend<E>::continue_target(const TrainJob& job, size_t b, size_t chain, engine::ExampleState next,
                                         TrainMemory& memory) const {
  EngineCarry ahead(1, dims_.state_size());
  std::copy_n(next.z_H, ahead.size, ahead.z_H.data());
  std::copy_n(next.z_L, ahead.size, ahead.z_L.data());
  auto seed = chain_seed(job.batch, b, chain);
  if (seed) seed = derive_seed(*seed, {});  // another segment, so other noise
  Team alone;
  segment_.forward(
      {.weights = job.weights, .x = memory.x.data(), .state = ahead.row(0), .seed = seed, .training = true},
      {memory.ws, alone, 0});
  engine::HeadOutput heads;
  segment_.heads(job.weights, ahead.z_H.data(), heads);
  const float q = job.last[b] ? heads.q_halt : std::max(heads.q_halt, heads.q_continue);
  return engine::sigmoid(q);  // unrounded: an untrained q_continue equals its target, and its gradient must be 0
}

// Runs the slot's chains and leaves the stash, logits and their gradient of the one with the lowest token loss in
// `slot`. All chains but the best are thereby without gradient.
template <typename E>
engine::TokenLoss EngineBackend<E>::best_chain(const TrainJob& job, size_t b, TrainMemory& memory, size_t slot,
                                               size_t* best) const {
  const size_t K = chains();
  Team alone;
  const auto run = [&](size_t k, engine::ExampleState state) {
    segment_.forward({.weights = job.weights,
                      .x = memory.x.data(),
                      .state = state,
                      .seed = chain_seed(job.batch, b, k),
                      .training = true,
                      .stash = &memory.stashes[slot]},
                     {memory.ws, alone, 0});
    engine::HeadOutput heads{.logits = memory.logits[slot].span()};
    segment_.heads(job.weights, state.z_H, heads);
    return engine::token_loss(config_.arch.loss, dims_.V, memory.logits[slot].span(),
                              job.batch.labels.subspan(b * dims_.S, dims_.S), 1 / job.divisor,
                              memory.d_logits[slot].span());
  };
  *best = 0;
  if (K == 1) return run(0, job.carry.row(b));
  EngineCarry before(K, dims_.state_size());
  for (size_t k = 0; k < K; ++k) before.copy_row(k, job.carry, b * K + k);
  engine::TokenLoss lowest;
  for (size_t k = 0; k < K; ++k) {
    const engine::TokenLoss loss = run(k, job.carry.row(b * K + k));
    if (k > 0 && !(loss.lm < lowest.lm) && !std::isnan(lowest.lm)) continue;
    lowest = loss;
    *best = k;
  }
  if (*best + 1 != K) run(*best, before.row(*best));  // the stash holds the last chain: once more
  return lowest;
}

template <typename E>
auto EngineBackend<E>::train_example(const TrainJob& job, size_t b, TrainMemory& memory, size_t slot) const ->
    typename Segment::ExampleGradient {
  const model::ArchConfig& arch = config_.arch;
  const size_t K = chains();
  segment_.embed(job.weights, input(job.batch, b), memory.x.data());
  size_t best = 0;
  const engine::TokenLoss token = best_chain(job, b, memory, slot, &best);
  const engine::ExampleState state = job.carry.row(b * K + best);
  engine::HeadOutput heads;
  segment_.heads(job.weights, state.z_H, heads);

  typename Segment::ExampleGradient gradient{.stash = &memory.stashes[slot],
                                             .input = input(job.batch, b),
                                             .d_logits = memory.d_logits[slot].span(),
                                             .d_puzzle = job.d_puzzle.subspan(b * puzzle_width(), puzzle_width())};
  const engine::BinaryLoss halt = engine::binary_cross_entropy(heads.q_halt, token.exact ? 1 : 0);
  gradient.d_q_halt = static_cast<float>(0.5 * halt.derivative / job.divisor);
  if (!arch.no_ACT_continue && arch.halt_max_steps > 1) {
    const double target = continue_target(job, b, best, state, memory);
    const engine::BinaryLoss go_on = engine::binary_cross_entropy(heads.q_continue, target);
    gradient.d_q_continue = static_cast<float>(0.5 * go_on.derivative / job.divisor);
    job.q_continue[b] = go_on.loss;
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
void EngineBackend<E>::train_rows(const TrainJob& job, size_t begin, size_t end, TrainMemory& memory) const {
  std::ranges::fill(memory.gradient.span(), 0.f);
  for (size_t first = begin; first < end; first += memory.stashes.size()) {
    std::vector<typename Segment::ExampleGradient> examples;
    for (size_t b = first; b < std::min(end, first + memory.stashes.size()); ++b)
      examples.push_back(train_example(job, b, memory, b - first));
    segment_.backward(job.weights, examples, memory.backward, memory.gradient.span());
  }
}

template <typename E>
void EngineBackend<E>::reduce(size_t workers) {
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
double EngineBackend<E>::gradient_norm() const {
  std::vector<double> squares(layout_.trained());
  parallel_for(layout_.trained(), threads_, [&](size_t i) {
    for (float g : layout_.slice(std::span<const float>(gradient_.span()), i)) squares[i] += double{g} * g;
  });
  double total = 0;
  for (double s : squares) total += s;
  return std::sqrt(total);
}

template <typename E>
void EngineBackend<E>::exchange(const model::Batch& batch, const model::TrainOptions& options,
                                model::TrainOutput& output) {
  shared_.puzzle_ids.assign(batch.puzzle_identifiers.begin(), batch.puzzle_identifiers.end());
  shared_.puzzle_gradients.assign(d_puzzle_.data(), d_puzzle_.data() + d_puzzle_.size());
  if (!options.exchange) return;
  double losses[] = {output.lm_loss, output.q_halt_loss, output.q_continue_loss};
  shared_.gradient = gradient_.span();
  shared_.losses = losses;
  options.exchange(shared_);
  shared_.losses = {};
  output.lm_loss = losses[0];
  output.q_halt_loss = losses[1];
  output.q_continue_loss = losses[2];
}

// Each thread sums the gradients of its share of the examples; the sums are added in the order of the threads.
template <typename E>
model::TrainOutput EngineBackend<E>::accumulate(const model::Batch& batch, std::span<const uint8_t> last,
                                                EngineCarry& carry, const model::TrainOptions& options) {
  check(batch, carry, /*labels=*/true);
  if (products_ == engine::Products::kInt8)
    throw bad_input(kWhere, "int8 is for inference: train with precision bfloat16 or float32");
  const size_t B = batch.size;
  if (last.size() != B) throw bad_input(kWhere, "last_segment holds {} flags for a batch of {}", last.size(), B);
  const Weights& weights = prepare(model::WeightSet::kLive, /*backward=*/true);
  const size_t workers = std::clamp<size_t>(B, 1, threads_);
  // More than a thread's share would be memory without use.
  const size_t micro_batch =
      options.micro_batch > 0 ? std::min(options.micro_batch, (B + workers - 1) / workers) : kMicroBatch;
  if (!memories_.empty() && memories_.front()->stashes.size() != micro_batch) memories_.clear();
  while (memories_.size() < workers) memories_.push_back(std::make_unique<TrainMemory>(segment_, layout_, micro_batch));
  if (d_puzzle_.size() != B * puzzle_width()) d_puzzle_ = Buffer<float>(B * puzzle_width());
  model::TrainOutput output{.correct = std::vector<int32_t>(B),
                            .supervised = std::vector<int32_t>(B),
                            .q_halt = std::vector<float>(B),
                            .q_continue = std::vector<float>(B)};
  std::vector<double> lm(B), q_halt(B), q_continue(B);
  const TrainJob job{.weights = weights,
                     .batch = batch,
                     .last = last,
                     .divisor = static_cast<double>(options.global_batch ? options.global_batch : B),
                     .carry = carry,
                     .output = output,
                     .lm = lm,
                     .q_halt = q_halt,
                     .q_continue = q_continue,
                     .d_puzzle = d_puzzle_.span()};
  run_threads(workers, [&](size_t w) { train_rows(job, B * w / workers, B * (w + 1) / workers, *memories_[w]); });
  for (size_t b = 0; b < B; ++b) {
    output.lm_loss += lm[b];
    output.q_halt_loss += q_halt[b];
    output.q_continue_loss += q_continue[b];
  }
  reduce(workers);
  exchange(batch, options, output);
  output.loss = output.lm_loss + 0.5 * (output.q_halt_loss + output.q_continue_loss);
  output.gradient_norm = gradient_norm();
  return output;
>>>>>>> w2/dist
}

template <typename E>
model::TrainOutput EngineBackend<E>::train_step(const model::Batch& batch, std::span<const uint8_t> last_segment,
                                                model::Carry& carry, const model::TrainOptions& options) {
  EngineCarry& mine = own(carry);
  Optimizer& optimizer = this->optimizer();
  EngineCarry next(mine.rows(), mine.size);
  std::ranges::copy(mine.z_H.span(), next.z_H.data());
  std::ranges::copy(mine.z_L.span(), next.z_L.data());
  model::TrainOutput output = accumulate({batch, last_segment, options}, next);
  output.applied = std::isfinite(output.loss) && std::isfinite(output.gradient_norm);
  if (!output.applied) return output;
  mine = std::move(next);
  optimizer.step(weights_.span(), training_.gradient(), output.gradient_norm,
                 {.lr_factor = options.lr_factor, .ema_rate = options.ema_rate, .threads = threads_});
  if (dims_.P > 0)
<<<<<<< HEAD
    optimizer.step_puzzle_rows(weights_.span(), batch.puzzle_identifiers, training_.d_puzzle(), options.lr_factor);
=======
    optimizer.step_puzzle_rows(weights_.span(), shared_.puzzle_ids, shared_.puzzle_gradients, options.lr_factor);
>>>>>>> w2/dist
  live_.stale = true;
  average_.stale = true;
  return output;
}

template <typename E>
model::Gradients EngineBackend<E>::gradients(const model::Batch& batch, std::span<const uint8_t> last_segment,
                                             model::Carry& carry, const model::TrainOptions& options) {
  model::Gradients result{.output = accumulate({batch, last_segment, options}, own(carry)), .by_name = {}};
  const std::span<const float> gradient = training_.gradient();
  for (size_t i = 0; i < layout_.trained(); ++i) {
    const model::Parameter& p = layout_.parameters()[i];
    result.by_name.emplace(p.name, HostTensor::of<float>(p.shape, layout_.slice(gradient, i)));
  }
  if (dims_.P > 0) {
    const Shape shape = {static_cast<int64_t>(batch.size), static_cast<int64_t>(training_.puzzle_width())};
    result.by_name.emplace("puzzle_emb_local", HostTensor::of<float>(shape, training_.d_puzzle()));
  }
  return result;
}

}  // namespace

std::unique_ptr<model::Backend> make_engine_backend(const ModelConfig& model, const model::BackendOptions& options) {
  const ModelConfig config = with_precision(model, options.precision);
  if (options.precision == model::kInt8 && !kernels::native_int8())
    throw bad_input(kWhere,
                    "precision int8 needs a processor with AVX512_VNNI (this one: {}): use --precision bfloat16 or "
                    "float32",
                    kernels::cpu_description());
  if (config.arch.forward_dtype == model::Precision::kBFloat16 && kernels::native_bf16())
    return std::make_unique<EngineBackend<kernels::bf16>>(config, options);
  return std::make_unique<EngineBackend<float>>(config, options);
}

}  // namespace hrm::engine
