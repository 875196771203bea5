#include "aten/backend.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "aten/host.h"
#include "aten/losses.h"
#include "aten/network.h"
#include "aten/optimizer.h"
#include "base/error.h"
#include "base/threads.h"
#include "engine/weights.h"

namespace hrm::aten {
namespace {

using engine::ModelConfig;
using engine::ParameterKind;
using reasoning::Batch;
using reasoning::Carry;
using reasoning::ForwardOptions;
using reasoning::SegmentOutput;
using reasoning::TrainOptions;
using reasoning::TrainOutput;
using reasoning::WeightSet;

constexpr const char* kPuzzleTable = "model.inner.puzzle_emb.weights";

// Rows b * K + k: chain k of slot b.
struct AtenCarry : Carry {
  State state;
};

AtenCarry& own(Carry& carry) { return dynamic_cast<AtenCarry&>(carry); }
const AtenCarry& own(const Carry& carry) { return dynamic_cast<const AtenCarry&>(carry); }

at::Device parse_device(const std::string& name) {
  try {
    const at::Device device(name);
    if (device.is_cpu()) return device;
    if (!device.is_cuda()) throw bad_input("aten.backend", "device '{}' is not supported: cpu, cuda or cuda:<n>", name);
    if (!at::hasCUDA())
      throw bad_input("aten.backend", "device '{}': no CUDA device, or libtorch was built without CUDA", name);
    return device;
  } catch (const c10::Error&) {
    throw bad_input("aten.backend", "device '{}' is not of the form cpu, cuda or cuda:<n>", name);
  }
}

// What a worker's micro-batches add to the gradients and results of a step, in the order of the rows.
struct Partial {
  std::vector<at::Tensor> gradients;  // as slots_; undefined where nothing was added
  at::Tensor puzzle_rows;             // [rows,E]
  std::vector<State> states;          // of the micro-batches
  TrainOutput output;
};

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

// part follows total's rows.
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

class AtenBackend final : public reasoning::Backend {
 public:
  AtenBackend(const ModelConfig& config, const reasoning::BackendOptions& options)
      : config_(config),
        device_(parse_device(options.device)),
        network_(config, device_),
        threads_(options.threads ? options.threads : default_threads()) {
    config.validate();
    set_weights(engine::initial_weights(config, 0));
  }

  std::string description() const override {
    return fmt::format("ATen {}, {}, {} threads, {}", TORCH_VERSION, device_.str(), threads_,
                       name_of_enum(config_.arch.forward_dtype));
  }
  const ModelConfig& config() const override { return config_; }

  NamedTensors weights(WeightSet set) const override;
  void set_weights(const NamedTensors& weights) override;
  void set_optimizer(const engine::OptimizerConfig& config) override;
  NamedTensors optimizer_state() const override { return optimizer().state(); }
  void set_optimizer_state(const NamedTensors& state) override;

  std::unique_ptr<Carry> make_carry(size_t batch) const override;
  void reset(Carry& carry, const Batch& batch, std::span<const uint8_t> reset) const override;
  std::unique_ptr<Carry> select(const Carry& carry, std::span<const size_t> keep) const override;
  NamedTensors save(const Carry& carry) const override;
  std::unique_ptr<Carry> load(const NamedTensors& state) const override;

  SegmentOutput forward(const Batch& batch, Carry& carry, const ForwardOptions& options) override;
  TrainOutput train_step(const Batch& batch, std::span<const uint8_t> last_segment, Carry& carry,
                         const TrainOptions& options) override;
  NamedTensors gradients(const Batch& batch, std::span<const uint8_t> last_segment, Carry& carry,
                         const TrainOptions& options, TrainOutput* output) override;

 private:
  // Rows [begin, end) of a batch with their carry, on the device.
  struct Slice {
    at::Tensor inputs, labels, ids, last;  // [n,S], [n,S] or undefined, [n], [n] or undefined
    State state;                           // [n*K,T,D]
    std::vector<uint64_t> seeds;           // [n*K] or empty
    int64_t rows = 0;                      // n
  };

  int64_t chains() const { return config_.arch.chains; }
  Optimizer& optimizer();
  const Optimizer& optimizer() const;
  const NetworkWeights& frozen(WeightSet set);
  void check(const Batch& batch, const AtenCarry& carry, bool labels) const;
  Slice slice(const Batch& batch, std::span<const uint8_t> last, const State& state, size_t begin, size_t end) const;
  std::vector<uint64_t> chain_seeds(std::span<const uint64_t> seeds) const;
  at::Tensor embed(const NetworkWeights& weights, const Slice& slice, const at::Tensor& puzzle_rows) const;
  at::Tensor winner_rows(const at::Tensor& score) const;
  void share_winner(State& state, const at::Tensor& rows) const;
  void in_workers(size_t workers, const std::function<void(size_t)>& body) const;
  SegmentOutput forward_slice(const Slice& slice, const ForwardOptions& options, const NetworkWeights& weights,
                              State& state) const;
  Partial accumulate(const Batch& batch, std::span<const uint8_t> last, const AtenCarry& carry,
                     const TrainOptions& options);
  Partial train_slice(const Slice& slice, double divisor);
  at::Tensor continue_target(const at::Tensor& x, const Slice& slice, const State& next);

  ModelConfig config_;
  at::Device device_;
  Network network_;
  size_t threads_;
  std::map<std::string, at::Tensor> tensors_;  // f32, all parameters by name; trained ones require gradient
  NetworkWeights live_;
  std::vector<Optimizer::Slot> slots_;
  std::optional<Optimizer> optimizer_;
  std::optional<NetworkWeights> frozen_live_, frozen_average_;  // cast to the forward type; dropped by every update
};

// ---- weights and optimiser ----

NamedTensors AtenBackend::weights(WeightSet set) const {
  NamedTensors all;
  for (const auto& [name, tensor] : tensors_) all.emplace(name, to_host(tensor));
  if (set == WeightSet::kAveraged && optimizer_)
    for (const auto& [name, tensor] : optimizer_->average()) all.at(name) = to_host(tensor);
  return all;
}

void AtenBackend::set_weights(const NamedTensors& weights) {
  engine::check_weights(config_, weights, "set_weights");
  tensors_.clear();
  slots_.clear();
  for (const engine::Parameter& p : engine::parameters(config_)) {
    at::Tensor tensor = to_aten(weights.find(p.name)->second, device_);
    if (p.kind != ParameterKind::kBuffer && p.kind != ParameterKind::kPuzzle) {
      tensor.requires_grad_();
      slots_.push_back({p.name, p.kind, tensor});
    }
    tensors_.emplace(p.name, std::move(tensor));
  }
  live_ = bind_weights(config_, tensors_);
  frozen_live_.reset();
  frozen_average_.reset();
  optimizer_.reset();
}

void AtenBackend::set_optimizer(const engine::OptimizerConfig& config) {
  optimizer_.emplace(config, slots_);
  frozen_average_.reset();
}

void AtenBackend::set_optimizer_state(const NamedTensors& state) {
  optimizer().set_state(state);
  frozen_average_.reset();
}

Optimizer& AtenBackend::optimizer() {
  if (!optimizer_) throw failure("aten.backend", "no optimizer: call set_optimizer after set_weights");
  return *optimizer_;
}

const Optimizer& AtenBackend::optimizer() const { return const_cast<AtenBackend*>(this)->optimizer(); }

const NetworkWeights& AtenBackend::frozen(WeightSet set) {
  const bool averaged = set == WeightSet::kAveraged && optimizer_;
  auto& cached = averaged ? frozen_average_ : frozen_live_;
  if (cached) return *cached;
  std::map<std::string, at::Tensor> cast;
  for (const auto& [name, tensor] : tensors_) cast[name] = tensor.detach();
  if (averaged)
    for (const auto& [name, tensor] : optimizer_->average()) cast[name] = tensor.detach();
  for (auto& [name, tensor] : cast)
    if (name != kPuzzleTable) tensor = tensor.to(network_.forward_type());
  return cached.emplace(bind_weights(config_, cast));
}

// ---- recurrent state ----

std::vector<uint64_t> AtenBackend::chain_seeds(std::span<const uint64_t> seeds) const {
  std::vector<uint64_t> all;
  for (uint64_t seed : seeds) all.insert(all.end(), static_cast<size_t>(chains()), seed);
  return all;
}

std::unique_ptr<Carry> AtenBackend::make_carry(size_t batch) const {
  auto carry = std::make_unique<AtenCarry>();
  const auto options = at::TensorOptions().dtype(network_.forward_type()).device(device_);
  const std::vector<int64_t> shape = {static_cast<int64_t>(batch) * chains(), config_.tokens(),
                                      config_.arch.hidden_size};
  carry->state = {at::zeros(shape, options), at::zeros(shape, options)};
  return carry;
}

void AtenBackend::reset(Carry& carry, const Batch& batch, std::span<const uint8_t> reset) const {
  std::vector<int64_t> rows, chain_of;
  std::vector<uint64_t> seeds;
  for (size_t b = 0; b < reset.size(); ++b) {
    if (!reset[b]) continue;
    for (int64_t k = 0; k < chains(); ++k) {
      rows.push_back(static_cast<int64_t>(b) * chains() + k);
      chain_of.push_back(k);
      if (!batch.noise_seeds.empty()) seeds.push_back(batch.noise_seeds[b]);
    }
  }
  if (rows.empty()) return;
  const at::NoGradGuard no_grad;
  const State fresh = network_.initial_state(live_, seeds, chain_of);
  const at::Tensor index = to_aten(std::span<const int64_t>(rows), {static_cast<int64_t>(rows.size())}, device_);
  State& state = own(carry).state;
  state = {state.z_H.index_copy(0, index, fresh.z_H), state.z_L.index_copy(0, index, fresh.z_L)};
}

std::unique_ptr<Carry> AtenBackend::select(const Carry& carry, std::span<const size_t> keep) const {
  std::vector<int64_t> rows;
  for (size_t b : keep)
    for (int64_t k = 0; k < chains(); ++k) rows.push_back(static_cast<int64_t>(b) * chains() + k);
  const at::Tensor index = to_aten(std::span<const int64_t>(rows), {static_cast<int64_t>(rows.size())}, device_);
  auto result = std::make_unique<AtenCarry>();
  const State& state = own(carry).state;
  result->state = {state.z_H.index_select(0, index), state.z_L.index_select(0, index)};
  return result;
}

NamedTensors AtenBackend::save(const Carry& carry) const {
  const auto shaped = [&](const at::Tensor& z) {
    const int64_t k = chains();
    return to_host(k == 1 ? z : z.view({z.size(0) / k, k, z.size(1), z.size(2)}));
  };
  NamedTensors all;
  all.emplace("z_H", shaped(own(carry).state.z_H));
  all.emplace("z_L", shaped(own(carry).state.z_L));
  return all;
}

std::unique_ptr<Carry> AtenBackend::load(const NamedTensors& state) const {
  const auto take = [&](const char* name) {
    const auto found = state.find(name);
    if (found == state.end()) throw bad_input("aten.backend", "carry: '{}' is missing", name);
    Shape shape = found->second.shape();
    const Shape tail = {config_.tokens(), config_.arch.hidden_size};
    const bool chained = chains() > 1;
    if (shape.size() != (chained ? 4u : 3u) || (chained && shape[1] != chains()) ||
        !std::equal(tail.begin(), tail.end(), shape.end() - 2))
      throw bad_input("aten.backend", "carry: '{}' has shape {}, expected [B, {}{}, {}]", name, to_string(shape),
                      chained ? fmt::format("{}, ", chains()) : "", tail[0], tail[1]);
    return to_aten(found->second, device_).to(network_.forward_type()).view({-1, tail[0], tail[1]});
  };
  auto carry = std::make_unique<AtenCarry>();
  carry->state = {take("z_H"), take("z_L")};
  return carry;
}

// ---- arithmetic ----

void AtenBackend::check(const Batch& batch, const AtenCarry& carry, bool labels) const {
  const size_t b = batch.size, cells = b * static_cast<size_t>(config_.data.seq_len);
  const auto need = [&](const char* what, size_t have, size_t wanted) {
    if (have != wanted)
      throw bad_input("aten.backend", "batch of {}: {} holds {} values, expected {}", b, what, have, wanted);
  };
  need("inputs", batch.inputs.size(), cells);
  if (labels) need("labels", batch.labels.size(), cells);
  need("puzzle_identifiers", batch.puzzle_identifiers.size(), b);
  if (!batch.noise_seeds.empty()) need("noise_seeds", batch.noise_seeds.size(), b);
  need("carry", static_cast<size_t>(carry.state.z_H.size(0)), b * static_cast<size_t>(chains()));
  for (int32_t token : batch.inputs)
    if (token < 0 || token >= config_.data.vocab_size)
      throw bad_input("aten.backend", "token {} is outside the vocabulary of {}", token, config_.data.vocab_size);
  if (labels)
    for (int32_t token : batch.labels)
      if (token != reasoning::kIgnoreLabel && (token < 0 || token >= config_.data.vocab_size))
        throw bad_input("aten.backend", "label {} is outside the vocabulary of {}", token, config_.data.vocab_size);
  if (config_.puzzle_tokens() > 0)
    for (int32_t id : batch.puzzle_identifiers)
      if (id < 0 || id >= config_.data.num_puzzle_identifiers)
        throw bad_input("aten.backend", "puzzle identifier {} is outside the table of {}", id,
                        config_.data.num_puzzle_identifiers);
}

AtenBackend::Slice AtenBackend::slice(const Batch& batch, std::span<const uint8_t> last, const State& state,
                                      size_t begin, size_t end) const {
  const size_t s = static_cast<size_t>(config_.data.seq_len), n = end - begin;
  const auto rows = static_cast<int64_t>(n);
  const auto cells = [&](std::span<const int32_t> all) {
    return to_aten(all.subspan(begin * s, n * s), {rows, config_.data.seq_len}, device_);
  };
  Slice part;
  part.rows = rows;
  part.inputs = cells(batch.inputs);
  if (!batch.labels.empty()) part.labels = cells(batch.labels);
  part.ids = to_aten(batch.puzzle_identifiers.subspan(begin, n), {rows}, device_);
  if (!last.empty()) part.last = to_aten(last.subspan(begin, n), {rows}, device_).to(at::kBool);
  if (!batch.noise_seeds.empty()) part.seeds = chain_seeds(batch.noise_seeds.subspan(begin, n));
  const int64_t first = static_cast<int64_t>(begin) * chains(), stop = static_cast<int64_t>(end) * chains();
  part.state = {state.z_H.slice(0, first, stop), state.z_L.slice(0, first, stop)};
  return part;
}

at::Tensor AtenBackend::embed(const NetworkWeights& weights, const Slice& slice, const at::Tensor& puzzle_rows) const {
  const at::Tensor x = network_.embed(weights, slice.inputs, puzzle_rows);
  return chains() == 1 ? x : x.repeat_interleave(chains(), 0);
}

// score: [n*K], larger is better. The row of the best chain of every slot, [n].
at::Tensor AtenBackend::winner_rows(const at::Tensor& score) const {
  const at::Tensor best = score.view({-1, chains()}).argmax(-1);
  return at::arange(best.size(0), best.options()) * chains() + best;
}

void AtenBackend::share_winner(State& state, const at::Tensor& rows) const {
  if (chains() > 1) state.z_H = state.z_H.index_select(0, rows).repeat_interleave(chains(), 0);
}

// Rows are independent, so each of the threads takes its share of them through the whole segment; what is left of the
// threads works inside the operations (a single row on two threads).
void AtenBackend::in_workers(size_t workers, const std::function<void(size_t)>& body) const {
  const int inner = static_cast<int>(std::max<size_t>(1, threads_ / workers));
  parallel_for(workers, workers, [&](size_t worker) {
    at::set_num_threads(inner);  // of this thread
    body(worker);
  });
}

State join(const std::vector<State>& parts) {
  if (parts.size() == 1) return parts.front();
  std::vector<at::Tensor> z_H, z_L;
  for (const State& part : parts) {
    z_H.push_back(part.z_H);
    z_L.push_back(part.z_L);
  }
  return {at::cat(z_H), at::cat(z_L)};
}

SegmentOutput AtenBackend::forward(const Batch& batch, Carry& carry, const ForwardOptions& options) {
  AtenCarry& mine = own(carry);
  check(batch, mine, /*labels=*/false);
  Batch unlabelled = batch;
  unlabelled.labels = {};
  const NetworkWeights& weights = frozen(options.weights);
  const size_t workers = device_.is_cpu() ? std::clamp<size_t>(batch.size, 1, threads_) : 1;
  std::vector<SegmentOutput> outputs(workers);
  std::vector<State> states(workers);
  in_workers(workers, [&](size_t w) {
    const at::NoGradGuard no_grad;
    const Slice part = slice(unlabelled, {}, mine.state, batch.size * w / workers, batch.size * (w + 1) / workers);
    outputs[w] = forward_slice(part, options, weights, states[w]);
  });
  mine.state = join(states);
  SegmentOutput all = std::move(outputs.front());
  for (size_t w = 1; w < workers; ++w) {
    append(all.answers, outputs[w].answers);
    append(all.q_halt, outputs[w].q_halt);
    append(all.q_continue, outputs[w].q_continue);
    append(all.logits, outputs[w].logits);
    append(all.residual_H, outputs[w].residual_H);
    append(all.residual_L, outputs[w].residual_L);
  }
  return all;
}

SegmentOutput AtenBackend::forward_slice(const Slice& slice, const ForwardOptions& options,
                                         const NetworkWeights& weights, State& state) const {
  const at::Tensor rows = weights.puzzle_emb.defined() ? weights.puzzle_emb.index_select(0, slice.ids) : at::Tensor();
  Segment segment = network_.segment(weights, weights, embed(weights, slice, rows), slice.state,
                                     {.training = false, .residuals = options.residuals, .noise_seeds = slice.seeds});
  if (chains() > 1) {
    const at::Tensor best = winner_rows(segment.q.select(1, 0));
    share_winner(segment.state, best);
    segment.logits = segment.logits.index_select(0, best);
    segment.q = segment.q.index_select(0, best);
    if (options.residuals)
      segment.residuals = {segment.residuals.H.index_select(0, best), segment.residuals.L.index_select(0, best)};
  }
  state = segment.state;

  SegmentOutput out;
  out.answers = to_vector<int32_t>(segment.logits.argmax(-1).to(at::kInt));
  out.q_halt = to_vector<float>(segment.q.select(1, 0));
  out.q_continue = to_vector<float>(segment.q.select(1, 1));
  if (options.logits) out.logits = to_vector<float>(segment.logits.to(at::kFloat));
  if (options.residuals) {
    out.residual_H = to_vector<float>(segment.residuals.H);
    out.residual_L = to_vector<float>(segment.residuals.L);
  }
  return out;
}

// sigmoid(q_halt') where this segment is the last, else sigmoid(max(q_halt', q_continue')), from the next segment.
at::Tensor AtenBackend::continue_target(const at::Tensor& x, const Slice& slice, const State& next) {
  const at::NoGradGuard no_grad;
  const NetworkWeights& weights = frozen(WeightSet::kLive);
  const at::Tensor q =
      network_.segment(weights, weights, x.detach(), next, {.training = true, .noise_seeds = slice.seeds}).q;
  const at::Tensor last = slice.last.repeat_interleave(chains(), 0);
  return at::where(last, q.select(1, 0), q.amax(1)).sigmoid();
}

Partial AtenBackend::train_slice(const Slice& slice, double divisor) {
  Partial part;
  TrainOutput& output = part.output;
  at::Tensor rows;
  if (live_.puzzle_emb.defined()) rows = live_.puzzle_emb.index_select(0, slice.ids).requires_grad_();
  const at::Tensor x = embed(live_, slice, rows);
  Segment segment =
      network_.segment(frozen(WeightSet::kLive), live_, x, slice.state, {.training = true, .noise_seeds = slice.seeds});
  const at::Tensor labels = chains() == 1 ? slice.labels : slice.labels.repeat_interleave(chains(), 0);
  TokenLoss token = token_loss(config_.arch.loss, segment.logits, labels);

  const bool continues = !config_.arch.no_ACT_continue && config_.arch.halt_max_steps > 1;
  at::Tensor target = continues ? continue_target(x, slice, segment.state) : at::Tensor();
  at::Tensor q = segment.q;
  if (chains() > 1) {  // only the chain with the lowest token loss learns, and its z_H is handed to all
    const at::Tensor best = winner_rows(-token.lm.detach());
    share_winner(segment.state, best);
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
  output.correct = to_vector<int32_t>(token.correct);
  output.supervised = to_vector<int32_t>(token.supervised);
  output.q_halt = to_vector<float>(q.select(1, 0));
  output.q_continue = to_vector<float>(q.select(1, 1));

  torch::autograd::variable_list wanted;
  for (const auto& slot : slots_) wanted.push_back(slot.parameter);
  if (rows.defined()) wanted.push_back(rows);
  part.gradients = torch::autograd::grad({loss / divisor}, wanted, {}, std::nullopt, /*create_graph=*/false,
                                         /*allow_unused=*/true);
  if (rows.defined()) {
    part.puzzle_rows = part.gradients.back();
    part.gradients.pop_back();
  }
  part.states = {segment.state};
  return part;
}

// Each worker adds up the micro-batches of its share of the rows; the sums are added in the order of the workers, so
// that the result depends on the number of threads but not on their timing.
Partial AtenBackend::accumulate(const Batch& batch, std::span<const uint8_t> last, const AtenCarry& carry,
                                const TrainOptions& options) {
  check(batch, carry, /*labels=*/true);
  if (last.size() != batch.size)
    throw bad_input("aten.backend", "last_segment holds {} flags for a batch of {}", last.size(), batch.size);
  const size_t workers = device_.is_cpu() ? std::clamp<size_t>(batch.size, 1, threads_) : 1;
  const size_t most = options.micro_batch ? options.micro_batch : batch.size;
  const auto divisor = static_cast<double>(options.global_batch ? options.global_batch : batch.size);
  frozen(WeightSet::kLive);  // made once, before the workers read it
  std::vector<Partial> partials(workers);
  in_workers(workers, [&](size_t w) {
    const at::AutoGradMode gradient(true);
    partials[w].gradients.resize(slots_.size());
    const size_t end = batch.size * (w + 1) / workers;
    for (size_t begin = batch.size * w / workers; begin < end; begin += most)
      merge(partials[w], train_slice(slice(batch, last, carry.state, begin, std::min(end, begin + most)), divisor));
  });
  Partial sum = std::move(partials.front());
  for (size_t w = 1; w < workers; ++w) merge(sum, partials[w]);
  double squares = 0;
  for (size_t i = 0; i < slots_.size(); ++i) {
    at::Tensor& g = sum.gradients[i];
    if (!g.defined()) g = at::zeros_like(slots_[i].parameter);
    const double norm = g.norm().item<double>();
    squares += norm * norm;
  }
  sum.output.gradient_norm = std::sqrt(squares);
  return sum;
}

TrainOutput AtenBackend::train_step(const Batch& batch, std::span<const uint8_t> last_segment, Carry& carry,
                                    const TrainOptions& options) {
  AtenCarry& mine = own(carry);
  Partial sum = accumulate(batch, last_segment, mine, options);
  sum.output.applied = std::isfinite(sum.output.loss) && std::isfinite(sum.output.gradient_norm);
  if (!sum.output.applied) return std::move(sum.output);
  mine.state = join(sum.states);
  at::set_num_threads(static_cast<int>(threads_));
  optimizer().step(sum.gradients, sum.output.gradient_norm,
                   {.lr_factor = options.lr_factor, .ema_rate = options.ema_rate});
  if (sum.puzzle_rows.defined()) {
    const at::Tensor ids = to_aten(batch.puzzle_identifiers, {static_cast<int64_t>(batch.size)}, device_).to(at::kLong);
    optimizer().step_puzzle_rows(tensors_.at(kPuzzleTable), ids, sum.puzzle_rows, options.lr_factor);
  }
  frozen_live_.reset();
  frozen_average_.reset();
  return std::move(sum.output);
}

NamedTensors AtenBackend::gradients(const Batch& batch, std::span<const uint8_t> last_segment, Carry& carry,
                                    const TrainOptions& options, TrainOutput* output) {
  const Partial sum = accumulate(batch, last_segment, own(carry), options);
  if (output) *output = sum.output;
  own(carry).state = join(sum.states);
  NamedTensors all;
  for (size_t i = 0; i < slots_.size(); ++i) all.emplace(slots_[i].name, to_host(sum.gradients[i]));
  if (sum.puzzle_rows.defined()) all.emplace("puzzle_emb_local", to_host(sum.puzzle_rows));
  return all;
}

}  // namespace

std::unique_ptr<reasoning::Backend> make_aten_backend(const ModelConfig& config,
                                                      const reasoning::BackendOptions& options) {
  return std::make_unique<AtenBackend>(config, options);
}

}  // namespace hrm::aten
