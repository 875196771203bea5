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

constexpr std::string_view kInEngineBackend = "engine.engine_backend";

EngineCarry& own(model::Carry& carry) { return dynamic_cast<EngineCarry&>(carry); }
const EngineCarry& own(const model::Carry& carry) { return dynamic_cast<const EngineCarry&>(carry); }

template <typename E>
class EngineBackend final : public model::GradientBackend {
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
    if (!optimizer_) throw failure(kInEngineBackend, "no optimizer: call set_optimizer after set_weights");
    return *optimizer_;
  }
  const Optimizer& optimizer() const { return const_cast<EngineBackend*>(this)->optimizer(); }
  const Weights& prepare(model::WeightSet set, bool backward);
  void check(const model::Batch& batch, const EngineCarry& carry, bool labels) const;
  model::TrainOutput accumulate(const TrainingInput& input, EngineCarry& carry);

  ModelConfig config_;
  ParameterLayout layout_;
  Dims dims_;
  size_t threads_;
  Segment<E> segment_;  // for one thread per example
  ForwardPass<E> forward_;
  TrainingPass<E> training_;
  Buffer<float> weights_, averaged_;
  std::optional<Optimizer> optimizer_;
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
  const size_t lm_head = layout_.index().lm_head, scores = layout_.rows(lm_head);
  if (weights.lm_head.size() == 0) weights.lm_head = Buffer<float>(dims_.D * scores);
  kernels::transpose({scores, dims_.D},
                     kernels::Panel<const float>{layout_.slice(weights.flat, lm_head).data(), dims_.D},
                     kernels::Panel<float>{weights.lm_head.data(), scores});
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
    if (found == state.end()) throw bad_input(kInEngineBackend, "carry: '{}' is missing", name);
    const Shape& shape = found->second.shape();
    const Shape tail = {config_.tokens(), config_.arch.hidden_size};
    const bool chained = chains() > 1;
    if (shape.size() != (chained ? 4u : 3u) || (chained && shape[1] != config_.arch.chains) ||
        !std::equal(tail.begin(), tail.end(), shape.end() - 2))
      throw bad_input(kInEngineBackend, "carry: '{}' has shape {}, expected [B, {}{}, {}]", name, to_string(shape),
                      chained ? fmt::format("{}, ", chains()) : "", tail[0], tail[1]);
    return found->second.to(DType::kF32);
  };
  const HostTensor z_H = take("z_H"), z_L = take("z_L");
  if (z_H.shape() != z_L.shape())
    throw bad_input(kInEngineBackend, "carry: z_H is {} and z_L {}", to_string(z_H.shape()), to_string(z_L.shape()));
  auto carry = std::make_unique<EngineCarry>(static_cast<size_t>(z_H.count()) / dims_.state_size(), dims_.state_size());
  std::ranges::copy(z_H.as<float>(), carry->z_H.data());
  std::ranges::copy(z_L.as<float>(), carry->z_L.data());
  return carry;
}

// ---- forward ----

template <typename E>
void EngineBackend<E>::check(const model::Batch& batch, const EngineCarry& carry, bool labels) const {
  model::check_batch(config_, batch, {.carry_rows = carry.rows(), .labels = labels}, kInEngineBackend);
  const auto& arch = config_.arch;
  if (batch.noise_seeds.empty() && (arch.noise > 0 || (!labels && arch.inference_noise > 0)))
    throw bad_input(kInEngineBackend, "a model with noise needs Batch::noise_seeds");
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
model::TrainOutput EngineBackend<E>::accumulate(const TrainingInput& input, EngineCarry& carry) {
  check(input.batch, carry, /*labels=*/true);
  if (segment_.products() == Products::kInt8)
    throw bad_input(kInEngineBackend, "int8 is for inference: train with precision bfloat16 or float32");
  if (input.last_segment.size() != input.batch.size)
    throw bad_input(kInEngineBackend, "last_segment holds {} flags for a batch of {}", input.last_segment.size(),
                    input.batch.size);
  return training_.run(prepare(model::WeightSet::kLive, /*backward=*/true), input, carry);
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
    optimizer.step_puzzle_rows(weights_.span(), training_.puzzle_ids(), training_.puzzle_gradients(),
                               options.lr_factor);
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

std::unique_ptr<model::GradientBackend> make_engine_backend(const ModelConfig& model,
                                                            const model::BackendOptions& options) {
  const ModelConfig config = with_precision(model, options.precision);
  if (options.precision == model::kInt8 && !kernels::native_int8())
    throw bad_input(kInEngineBackend,
                    "precision int8 needs a processor with AVX512_VNNI (this one: {}): use --precision bfloat16 or "
                    "float32",
                    kernels::cpu_description());
  if (options.precision == model::kInt8 && config.arch.on_grid())
    throw bad_input(kInEngineBackend,
                    "precision int8 is for attention and token mixing: use --precision bfloat16 or float32");
  if (config.arch.forward_dtype == model::Precision::kBFloat16 && kernels::native_bf16())
    return std::make_unique<EngineBackend<kernels::bf16>>(config, options);
  return std::make_unique<EngineBackend<float>>(config, options);
}

}  // namespace hrm::engine
