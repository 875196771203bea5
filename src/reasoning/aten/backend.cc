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

#include "aten/network.h"
#include "aten/optimizer.h"
#include "aten/segment_step.h"
#include "base/error.h"
#include "base/threads.h"
#include "model/batch_check.h"
#include "model/precision.h"
#include "model/weights.h"
#include "torch/host.h"
#include "torch/machine.h"

namespace hrm::aten {
namespace {

using model::Batch;
using model::Carry;
using model::ForwardOptions;
using model::ModelConfig;
using model::ParameterKind;
using model::SegmentOutput;
using model::TrainOptions;
using model::TrainOutput;
using model::WeightSet;

constexpr const char* kPuzzleTable = "model.inner.puzzle_emb.weights";

// Rows b * K + k: chain k of slot b.
struct AtenCarry : Carry {
  State state;
};

AtenCarry& own(Carry& carry) { return dynamic_cast<AtenCarry&>(carry); }
const AtenCarry& own(const Carry& carry) { return dynamic_cast<const AtenCarry&>(carry); }

class AtenBackend final : public model::GradientBackend {
 public:
  AtenBackend(const ModelConfig& config, const model::BackendOptions& options)
      : config_((config.validate(), config)),
        device_(torch::parse_device(options.device)),
        network_(config, device_),
        threads_(options.threads ? options.threads : default_threads()) {
    set_weights(model::initial_weights(config, 0));
  }

  std::string description() const override {
    return fmt::format("ATen {}, {}, {} threads, {}", TORCH_VERSION, device_.str(), threads_,
                       name_of_enum(config_.arch.forward_dtype));
  }
  const ModelConfig& config() const override { return config_; }

  NamedTensors weights(WeightSet set) const override;
  void set_weights(const NamedTensors& weights) override;
  void set_optimizer(const model::OptimizerConfig& config) override;
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
  model::Gradients gradients(const Batch& batch, std::span<const uint8_t> last_segment, Carry& carry,
                             const TrainOptions& options) override;

 private:
  int64_t chains() const { return config_.arch.chains; }
  Optimizer& optimizer();
  const Optimizer& optimizer() const;
  const NetworkWeights& frozen(WeightSet set);
  void check(const Batch& batch, const AtenCarry& carry, bool labels) const;
  void in_workers(size_t workers, const std::function<void(size_t)>& body) const;
  size_t workers_for(size_t rows) const { return device_.is_cpu() ? std::clamp<size_t>(rows, 1, threads_) : 1; }
  Partial accumulate(const Batch& batch, std::span<const uint8_t> last, const AtenCarry& carry,
                     const TrainOptions& options);
  void exchange(Partial& sum, const Batch& batch, const TrainOptions& options);
  StepModel step_model(WeightSet set) { return {config_, network_, frozen(set), live_, slots_}; }

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

// ---- weights and optimizer ----

NamedTensors AtenBackend::weights(WeightSet set) const {
  NamedTensors all;
  for (const auto& [name, tensor] : tensors_) all.emplace(name, torch::to_host(tensor));
  if (set == WeightSet::kAveraged && optimizer_)
    for (const auto& [name, tensor] : optimizer_->average()) all.at(name) = torch::to_host(tensor);
  return all;
}

void AtenBackend::set_weights(const NamedTensors& weights) {
  model::check_weights(config_, weights, "set_weights");
  tensors_.clear();
  slots_.clear();
  for (const model::Parameter& p : model::parameters(config_)) {
    at::Tensor tensor = torch::to_aten(weights.find(p.name)->second, device_);
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

void AtenBackend::set_optimizer(const model::OptimizerConfig& config) {
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

std::unique_ptr<Carry> AtenBackend::make_carry(size_t batch) const {
  auto carry = std::make_unique<AtenCarry>();
  const auto options = at::TensorOptions().dtype(network_.forward_type()).device(device_);
  const std::vector<int64_t> shape = {static_cast<int64_t>(batch) * chains(), config_.tokens(),
                                      config_.arch.hidden_size};
  carry->state = {at::zeros(shape, options), at::zeros(shape, options), {}, {}};
  if (config_.arch.residual == model::Residual::kAdaptive)
    for (at::Tensor* history : {&carry->state.history_H, &carry->state.history_L})
      *history = at::zeros({shape[0], shape[1]}, options.dtype(at::kFloat));
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
  const at::Tensor index = torch::to_aten(std::span<const int64_t>(rows), {static_cast<int64_t>(rows.size())}, device_);
  State& state = own(carry).state;
  for (const StatePart& part : state_parts(config_.arch))
    state.*part.tensor = (state.*part.tensor).index_copy(0, index, fresh.*part.tensor);
}

std::unique_ptr<Carry> AtenBackend::select(const Carry& carry, std::span<const size_t> keep) const {
  std::vector<int64_t> rows;
  for (size_t b : keep)
    for (int64_t k = 0; k < chains(); ++k) rows.push_back(static_cast<int64_t>(b) * chains() + k);
  const at::Tensor index = torch::to_aten(std::span<const int64_t>(rows), {static_cast<int64_t>(rows.size())}, device_);
  auto result = std::make_unique<AtenCarry>();
  for (const StatePart& part : state_parts(config_.arch))
    result->state.*part.tensor = (own(carry).state.*part.tensor).index_select(0, index);
  return result;
}

NamedTensors AtenBackend::save(const Carry& carry) const {
  const auto shaped = [&](const at::Tensor& z) {
    const int64_t k = chains();
    return torch::to_host(k == 1 ? z : z.view({z.size(0) / k, k, z.size(1), z.size(2)}));
  };
  NamedTensors all;
  for (const StatePart& part : state_parts(config_.arch)) all.emplace(part.name, shaped(own(carry).state.*part.tensor));
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
    return torch::to_aten(found->second, device_).to(network_.forward_type()).view({-1, tail[0], tail[1]});
  };
  const auto take_history = [&](const char* name, const at::Tensor& z) {
    const auto found = state.find(name);
    if (found == state.end()) throw bad_input("aten.backend", "carry: '{}' is missing", name);
    const Shape wanted = {z.size(0), z.size(1)};
    if (found->second.shape() != wanted)
      throw bad_input("aten.backend", "carry: '{}' has shape {}, expected {}", name, to_string(found->second.shape()),
                      to_string(wanted));
    return torch::to_aten(found->second, device_).to(at::kFloat);
  };
  auto carry = std::make_unique<AtenCarry>();
  carry->state.z_H = take("z_H");
  carry->state.z_L = take("z_L");
  if (config_.arch.residual == model::Residual::kAdaptive) {
    carry->state.history_H = take_history("history_H", carry->state.z_H);
    carry->state.history_L = take_history("history_L", carry->state.z_L);
  }
  return carry;
}

// ---- arithmetic ----

void AtenBackend::check(const Batch& batch, const AtenCarry& carry, bool labels) const {
  model::check_batch(config_, batch, {.carry_rows = static_cast<size_t>(carry.state.z_H.size(0)), .labels = labels},
                     "aten.backend");
}

// Rows are independent, so each of the threads takes its share of them through the whole segment; what is left of the
// threads works inside the operations (a single row on two threads).
void AtenBackend::in_workers(size_t workers, const std::function<void(size_t)>& body) const {
  const int inner = static_cast<int>(std::max<size_t>(1, threads_ / workers));
  parallel_for(workers, workers, [&](size_t worker) {
    at::set_num_threads(inner);  // of this thread
    body(worker);
  });
  at::set_num_threads(static_cast<int>(threads_));  // this thread may have been a worker or not
}

SegmentOutput AtenBackend::forward(const Batch& batch, Carry& carry, const ForwardOptions& options) {
  AtenCarry& mine = own(carry);
  check(batch, mine, /*labels=*/false);
  Batch unlabeled = batch;
  unlabeled.labels = {};
  const StepModel model = step_model(options.weights);
  const size_t workers = workers_for(batch.size);
  std::vector<SegmentOutput> outputs(workers);
  std::vector<State> states(workers);
  in_workers(workers, [&](size_t w) {
    const Rows rows =
        take_rows(config_, {unlabeled, {}, mine.state}, batch.size * w / workers, batch.size * (w + 1) / workers);
    outputs[w] = forward_rows(model, rows, options, states[w]);
  });
  mine.state = join(states);
  SegmentOutput all = std::move(outputs.front());
  for (size_t w = 1; w < workers; ++w) merge(all, outputs[w]);
  return all;
}

// Each worker adds up the micro-batches of its share of the rows; the sums are added in the order of the workers, so
// that the result depends on the number of threads but not on their timing.
Partial AtenBackend::accumulate(const Batch& batch, std::span<const uint8_t> last, const AtenCarry& carry,
                                const TrainOptions& options) {
  check(batch, carry, /*labels=*/true);
  if (last.size() != batch.size)
    throw bad_input("aten.backend", "last_segment holds {} flags for a batch of {}", last.size(), batch.size);
  const size_t workers = workers_for(batch.size);
  const size_t most = options.micro_batch ? options.micro_batch : batch.size;
  const auto divisor = static_cast<double>(options.global_batch ? options.global_batch : batch.size);
  const StepModel model = step_model(WeightSet::kLive);
  std::vector<Partial> partials(workers);
  in_workers(workers, [&](size_t w) {
    const at::AutoGradMode gradient(true);
    partials[w].gradients.resize(slots_.size());
    const size_t end = batch.size * (w + 1) / workers;
    for (size_t begin = batch.size * w / workers; begin < end; begin += most) {
      const Rows rows = take_rows(config_, {batch, last, carry.state}, begin, std::min(end, begin + most));
      merge(partials[w], train_rows(model, rows, divisor));
    }
  });
  Partial sum = std::move(partials.front());
  for (size_t w = 1; w < workers; ++w) merge(sum, partials[w]);
  for (size_t i = 0; i < slots_.size(); ++i)
    if (!sum.gradients[i].defined()) sum.gradients[i] = at::zeros_like(slots_[i].parameter);
  exchange(sum, batch, options);
  double squares = 0;
  for (const at::Tensor& g : sum.gradients) {
    const double norm = g.norm().item<double>();
    squares += norm * norm;
  }
  sum.output.gradient_norm = std::sqrt(squares);
  return sum;
}

// With the other processes of the job: sums of gradients and losses, and the puzzle rows of all. On the host.
void AtenBackend::exchange(Partial& sum, const Batch& batch, const TrainOptions& options) {
  sum.puzzle_ids.assign(batch.puzzle_identifiers.begin(), batch.puzzle_identifiers.end());
  if (!options.exchange) return;
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> flat;
  for (const at::Tensor& g : sum.gradients) flat.push_back(g.reshape({-1}));
  at::Tensor together = at::cat(flat).to(at::kCPU).contiguous();
  TrainOutput& output = sum.output;
  double losses[] = {output.lm_loss, output.q_halt_loss, output.q_continue_loss};
  model::StepParts parts{.gradient = {together.data_ptr<float>(), static_cast<size_t>(together.numel())},
                         .losses = losses,
                         .puzzle_ids = std::move(sum.puzzle_ids),
                         .puzzle_gradients = {}};
  if (sum.puzzle_rows.defined()) parts.puzzle_gradients = torch::to_vector<float>(sum.puzzle_rows);
  options.exchange(parts);
  output.lm_loss = losses[0];
  output.q_halt_loss = losses[1];
  output.q_continue_loss = losses[2];
  output.loss = output.lm_loss + 0.5 * (output.q_halt_loss + output.q_continue_loss);
  sum.puzzle_ids = std::move(parts.puzzle_ids);
  if (sum.puzzle_rows.defined())
    sum.puzzle_rows = torch::to_aten(std::span<const float>(parts.puzzle_gradients),
                                     {std::ssize(sum.puzzle_ids), sum.puzzle_rows.size(1)}, device_);
  int64_t at = 0;
  for (at::Tensor& g : sum.gradients) {
    const int64_t count = g.numel();
    g = together.narrow(0, at, count).view(g.sizes()).to(device_);
    at += count;
  }
}

TrainOutput AtenBackend::train_step(const Batch& batch, std::span<const uint8_t> last_segment, Carry& carry,
                                    const TrainOptions& options) {
  AtenCarry& mine = own(carry);
  Partial sum = accumulate(batch, last_segment, mine, options);
  sum.output.applied = std::isfinite(sum.output.loss) && std::isfinite(sum.output.gradient_norm);
  if (!sum.output.applied) return std::move(sum.output);
  mine.state = join(sum.states);
  optimizer().step(sum.gradients, sum.output.gradient_norm,
                   {.lr_factor = options.lr_factor, .ema_rate = options.ema_rate});
  if (sum.puzzle_rows.defined()) {
    const at::Tensor ids =
        torch::to_aten(std::span<const int32_t>(sum.puzzle_ids), {std::ssize(sum.puzzle_ids)}, device_).to(at::kLong);
    optimizer().step_puzzle_rows(tensors_.at(kPuzzleTable), ids, sum.puzzle_rows, options.lr_factor);
  }
  frozen_live_.reset();
  frozen_average_.reset();
  return std::move(sum.output);
}

model::Gradients AtenBackend::gradients(const Batch& batch, std::span<const uint8_t> last_segment, Carry& carry,
                                        const TrainOptions& options) {
  const Partial sum = accumulate(batch, last_segment, own(carry), options);
  own(carry).state = join(sum.states);
  model::Gradients result{.output = sum.output, .by_name = {}};
  NamedTensors& all = result.by_name;
  for (size_t i = 0; i < slots_.size(); ++i) all.emplace(slots_[i].name, torch::to_host(sum.gradients[i]));
  if (sum.puzzle_rows.defined()) all.emplace("puzzle_emb_local", torch::to_host(sum.puzzle_rows));
  return result;
}

}  // namespace

std::unique_ptr<model::GradientBackend> make_aten_backend(const ModelConfig& config,
                                                          const model::BackendOptions& options) {
  if (options.precision == model::kInt8)
    throw bad_input("aten.backend",
                    "only the engine has precision int8: use --device cpu, or --precision bfloat16 or float32");
  return std::make_unique<AtenBackend>(model::with_precision(config, options.precision), options);
}

}  // namespace hrm::aten
