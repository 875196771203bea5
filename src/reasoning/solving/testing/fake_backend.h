// A small backend that really learns, with the whole Backend interface, for tests of trainer, run loop and commands in
// builds without libtorch: test code only. It keeps all parameters of the model but uses four of them:
//
//   h = embed[x] + z / 2,  z <- h                                  per token, z [D]
//   logits = lm_head h     (q_halt, q_continue) = q_head mean(h) + bias
//   loss = softmax cross-entropy (mean over supervised tokens) + (BCE(q_halt, exact) + BCE(q_continue, exact)) / 2
//
// learned by plain SGD with momentum 0.9 on host memory, in float32 and in one fixed order: same seed, same bits. It
// solves puzzles whose label depends only on the token.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "model/gradient_backend.h"
#include "model/weights.h"

namespace hrm::solving {

class FakeCarry : public model::Carry {
 public:
  std::vector<float> z;  // [B,S,D]
};

class FakeBackend : public model::GradientBackend {
 public:
  explicit FakeBackend(const model::ModelConfig& config)
      : config_(config),
        seq_(static_cast<size_t>(config.data.seq_len)),
        vocab_(static_cast<size_t>(config.data.vocab_size)),
        width_(static_cast<size_t>(config.arch.hidden_size)) {
    set_weights(model::initial_weights(config, 0));
  }

  std::string description() const override { return "fake backend of the tests"; }
  const model::ModelConfig& config() const override { return config_; }

  NamedTensors weights(model::WeightSet set) const override {
    NamedTensors all = weights_;
    if (set == model::WeightSet::kAveraged)
      for (const auto& [name, tensor] : average_) all[name] = tensor;
    return all;
  }
  void set_weights(const NamedTensors& weights) override {
    model::check_weights(config_, weights, "weights");
    weights_ = weights;
    restart();
  }

  void set_optimizer(const model::OptimizerConfig& config) override {
    optimizer_ = config;
    restart();
  }
  NamedTensors optimizer_state() const override {
    NamedTensors state;
    for (const auto& [name, tensor] : average_) state["average." + name] = tensor;
    for (const auto& [name, tensor] : momentum_) state["momentum." + name] = tensor;
    return state;
  }
  void set_optimizer_state(const NamedTensors& state) override {
    for (const char* name : kLearned) {
      average_[name] = state.at(std::string("average.") + name);
      momentum_[name] = state.at(std::string("momentum.") + name);
    }
  }

  std::unique_ptr<model::Carry> make_carry(size_t batch) const override {
    auto carry = std::make_unique<FakeCarry>();
    carry->z.resize(batch * seq_ * width_);
    return carry;
  }
  void reset(model::Carry& carry, const model::Batch& batch, std::span<const uint8_t> reset) const override {
    for (size_t b = 0; b < batch.size; ++b)
      if (reset[b]) std::ranges::fill(state_of(carry, b), 0.f);
  }
  std::unique_ptr<model::Carry> select(const model::Carry& carry, std::span<const size_t> keep) const override {
    auto kept = std::make_unique<FakeCarry>();
    for (size_t b : keep) {
      const auto z = state_of(const_cast<model::Carry&>(carry), b);
      kept->z.insert(kept->z.end(), z.begin(), z.end());
    }
    return kept;
  }
  NamedTensors save(const model::Carry& carry) const override {
    const auto& z = dynamic_cast<const FakeCarry&>(carry).z;
    const auto batch = static_cast<int64_t>(z.size() / (seq_ * width_));
    return {{"z_H", HostTensor::of<float>({batch, config_.data.seq_len, config_.arch.hidden_size}, z)}};
  }
  std::unique_ptr<model::Carry> load(const NamedTensors& state) const override {
    auto carry = std::make_unique<FakeCarry>();
    const auto z = state.at("z_H").as<float>();
    carry->z.assign(z.begin(), z.end());
    return carry;
  }

  model::SegmentOutput forward(const model::Batch& batch, model::Carry& carry,
                               const model::ForwardOptions& options) override {
    const NamedTensors weights = this->weights(options.weights);
    model::SegmentOutput output;
    for (size_t b = 0; b < batch.size; ++b) {
      const Pass pass = run(weights, batch.inputs.subspan(b * seq_, seq_), state_of(carry, b));
      for (size_t s = 0; s < seq_; ++s) output.answers.push_back(answer(pass, s));
      output.q_halt.push_back(pass.q_halt);
      output.q_continue.push_back(pass.q_continue);
      if (options.logits) output.logits.insert(output.logits.end(), pass.logits.begin(), pass.logits.end());
    }
    if (options.residuals) {
      output.residual_H.assign(batch.size, 0.f);
      output.residual_L.assign(batch.size, 0.f);
    }
    return output;
  }

  model::TrainOutput train_step(const model::Batch& batch, std::span<const uint8_t> last_segment, model::Carry& carry,
                                const model::TrainOptions& options) override {
    auto [output, gradient] = gradients(batch, last_segment, carry, options);
    output.applied = std::isfinite(output.loss) && std::isfinite(output.gradient_norm);
    if (output.applied) update(gradient, options);
    return output;
  }

  model::Gradients gradients(const model::Batch& batch, std::span<const uint8_t>, model::Carry& carry,
                             const model::TrainOptions& options) override {
    model::Gradients result{.output = {}, .by_name = zeros()};
    NamedTensors& gradient = result.by_name;
    model::TrainOutput* output = &result.output;
    const float scale = 1 / static_cast<float>(options.global_batch > 0 ? options.global_batch : batch.size);
    for (size_t b = 0; b < batch.size; ++b) add_example(batch, b, state_of(carry, b), scale, gradient, *output);
    double squares = 0;
    for (const auto& [name, tensor] : gradient)
      for (float g : tensor.as<float>()) squares += double{g} * g;
    output->gradient_norm = std::sqrt(squares);
    output->loss = output->lm_loss + 0.5 * (output->q_halt_loss + output->q_continue_loss);
    return result;
  }

 private:
  static constexpr float kMomentum = 0.9f, kMemory = 0.5f;
  static constexpr const char* kEmbedding = "model.inner.embed_tokens.embedding_weight";
  static constexpr const char* kHead = "model.inner.lm_head.weight";
  static constexpr const char* kQWeight = "model.inner.q_head.weight";
  static constexpr const char* kQBias = "model.inner.q_head.bias";
  static constexpr const char* kLearned[] = {kEmbedding, kHead, kQWeight, kQBias};

  static float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }
  static float binary_cross_entropy(float logit, float target) {
    return std::max(logit, 0.f) - logit * target + std::log1p(std::exp(-std::fabs(logit)));
  }

  struct Pass {
    std::vector<float> h, logits, mean;  // [S,D], [S,V], [D] of one example
    float q_halt = 0, q_continue = 0;
  };

  NamedTensors zeros() const {
    NamedTensors all;
    for (const char* name : kLearned) all[name] = HostTensor(DType::kF32, weights_.at(name).shape());
    return all;
  }
  void restart() {
    momentum_ = zeros();
    for (const char* name : kLearned) average_[name] = weights_.at(name);
  }
  std::span<float> state_of(model::Carry& carry, size_t b) const {
    return std::span(dynamic_cast<FakeCarry&>(carry).z).subspan(b * seq_ * width_, seq_ * width_);
  }

  Pass run(const NamedTensors& weights, std::span<const int32_t> tokens, std::span<float> z) const {
    const auto embedding = weights.at(kEmbedding).as<float>(), head = weights.at(kHead).as<float>();
    const auto q_weight = weights.at(kQWeight).as<float>(), q_bias = weights.at(kQBias).as<float>();
    Pass pass{.h = std::vector<float>(seq_ * width_),
              .logits = std::vector<float>(seq_ * vocab_),
              .mean = std::vector<float>(width_)};
    for (size_t s = 0; s < seq_; ++s) {
      for (size_t d = 0; d < width_; ++d) {
        const float h = embedding[static_cast<size_t>(tokens[s]) * width_ + d] + kMemory * z[s * width_ + d];
        pass.h[s * width_ + d] = z[s * width_ + d] = h;
        pass.mean[d] += h / static_cast<float>(seq_);
      }
      for (size_t v = 0; v < vocab_; ++v)
        for (size_t d = 0; d < width_; ++d)
          pass.logits[s * vocab_ + v] += head[v * width_ + d] * pass.h[s * width_ + d];
    }
    pass.q_halt = q_bias[0], pass.q_continue = q_bias[1];
    for (size_t d = 0; d < width_; ++d) {
      pass.q_halt += q_weight[d] * pass.mean[d];
      pass.q_continue += q_weight[width_ + d] * pass.mean[d];
    }
    return pass;
  }

  int32_t answer(const Pass& pass, size_t s) const {
    const auto row = std::span(pass.logits).subspan(s * vocab_, vocab_);
    return static_cast<int32_t>(std::ranges::max_element(row) - row.begin());
  }

  void add_example(const model::Batch& batch, size_t b, std::span<float> z, float scale, NamedTensors& gradient,
                   model::TrainOutput& output) const {
    const auto tokens = batch.inputs.subspan(b * seq_, seq_), labels = batch.labels.subspan(b * seq_, seq_);
    const Pass pass = run(weights_, tokens, z);
    int32_t supervised = 0, correct = 0;
    for (size_t s = 0; s < seq_; ++s) {
      supervised += labels[s] != model::kIgnoreLabel;
      correct += labels[s] != model::kIgnoreLabel && answer(pass, s) == labels[s];
    }
    for (size_t s = 0; s < seq_; ++s)
      if (labels[s] != model::kIgnoreLabel)
        output.lm_loss +=
            add_token(pass, s, tokens[s], labels[s], scale / static_cast<float>(supervised), gradient) / supervised;
    const float exact = correct == supervised ? 1.f : 0.f;
    output.q_halt_loss += binary_cross_entropy(pass.q_halt, exact);
    output.q_continue_loss += binary_cross_entropy(pass.q_continue, exact);
    const float dq[] = {0.5f * scale * (sigmoid(pass.q_halt) - exact),
                        0.5f * scale * (sigmoid(pass.q_continue) - exact)};
    const auto q_weight = gradient.at(kQWeight).as<float>(), q_bias = gradient.at(kQBias).as<float>();
    for (size_t q = 0; q < 2; ++q) {
      q_bias[q] += dq[q];
      for (size_t d = 0; d < width_; ++d) q_weight[q * width_ + d] += dq[q] * pass.mean[d];
    }
    output.supervised.push_back(supervised);
    output.correct.push_back(correct);
    output.q_halt.push_back(pass.q_halt);
    output.q_continue.push_back(pass.q_continue);
  }

  // Cross-entropy of one token; adds its gradient times `scale`.
  double add_token(const Pass& pass, size_t s, int32_t token, int32_t label, float scale,
                   NamedTensors& gradient) const {
    const auto logits = std::span(pass.logits).subspan(s * vocab_, vocab_);
    const auto h = std::span(pass.h).subspan(s * width_, width_);
    const auto head = weights_.at(kHead).as<float>();
    const auto d_head = gradient.at(kHead).as<float>(), d_embedding = gradient.at(kEmbedding).as<float>();
    const float largest = std::ranges::max(logits);
    float total = 0;
    for (float x : logits) total += std::exp(x - largest);
    for (size_t v = 0; v < vocab_; ++v) {
      const float share = std::exp(logits[v] - largest) / total;
      const float g = scale * (share - (static_cast<int32_t>(v) == label ? 1.f : 0.f));
      for (size_t d = 0; d < width_; ++d) {
        d_head[v * width_ + d] += g * h[d];
        d_embedding[static_cast<size_t>(token) * width_ + d] += g * head[v * width_ + d];
      }
    }
    return std::log(total) + largest - logits[static_cast<size_t>(label)];
  }

  void update(const NamedTensors& gradient, const model::TrainOptions& options) {
    const auto lr = static_cast<float>(optimizer_.lr * options.lr_factor);
    const auto rate = static_cast<float>(options.ema_rate);
    for (const char* name : kLearned) {
      const auto p = weights_.at(name).as<float>(), m = momentum_.at(name).as<float>();
      const auto average = average_.at(name).as<float>();
      const auto g = gradient.at(name).as<float>();
      for (size_t i = 0; i < p.size(); ++i) {
        m[i] = kMomentum * m[i] + g[i];
        p[i] -= lr * m[i];
        average[i] = rate * average[i] + (1 - rate) * p[i];
      }
    }
  }

  model::ModelConfig config_;
  size_t seq_, vocab_, width_;
  model::OptimizerConfig optimizer_;
  NamedTensors weights_, average_, momentum_;
};

inline std::unique_ptr<model::Backend> make_fake_backend(const model::ModelConfig& config,
                                                         const model::BackendOptions& = {}) {
  return std::make_unique<FakeBackend>(config);
}

}  // namespace hrm::solving
