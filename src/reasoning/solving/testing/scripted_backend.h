// A backend that plays a script: test code only. What it answers depends on the example's tokens, its random seeds and
// the segments it has run, all kept in the carry, so that a slot that is mixed up, not reset or run too long shows.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "model/backend.h"
#include "puzzles/family.h"

namespace hrm::solving {

struct ScriptedSegment {
  puzzles::Tokens answer;
  float q_halt = 0, q_continue = 0;
};

// segment: from 1. history: differs with everything that the example's slot has seen so far.
using Script = std::function<ScriptedSegment(std::span<const int32_t> inputs, int64_t segment, uint64_t history)>;

class ScriptedCarry : public model::Carry {
 public:
  struct Slot {
    int64_t segments = -1000;  // never reset
    uint64_t history = 0;
  };
  std::vector<Slot> slots;
};

class ScriptedBackend : public model::Backend {
 public:
  ScriptedBackend(model::ModelConfig config, Script script) : config_(std::move(config)), script_(std::move(script)) {}

  std::vector<size_t> batch_sizes;  // of every forward() so far

  std::string description() const override { return "scripted"; }
  const model::ModelConfig& config() const override { return config_; }
  NamedTensors weights(model::WeightSet) const override { return {}; }
  void set_weights(const NamedTensors&) override {}
  void set_optimizer(const model::OptimizerConfig&) override {}
  NamedTensors optimizer_state() const override { return {}; }
  void set_optimizer_state(const NamedTensors&) override {}

  std::unique_ptr<model::Carry> make_carry(size_t batch) const override {
    auto carry = std::make_unique<ScriptedCarry>();
    carry->slots.resize(batch);
    return carry;
  }

  void reset(model::Carry& carry, const model::Batch& batch, std::span<const uint8_t> reset) const override {
    auto& slots = slots_of(carry, batch.size);
    for (size_t b = 0; b < batch.size; ++b)
      if (reset[b]) slots[b] = {.segments = 0, .history = splitmix64(batch.noise_seeds[b])};
  }

  std::unique_ptr<model::Carry> select(const model::Carry& carry, std::span<const size_t> keep) const override {
    auto selected = std::make_unique<ScriptedCarry>();
    for (size_t slot : keep) selected->slots.push_back(dynamic_cast<const ScriptedCarry&>(carry).slots.at(slot));
    return selected;
  }

  // z_H counts the segments in every number of token 0; z_L holds the token's position times the segments.
  NamedTensors save(const model::Carry& carry) const override {
    const auto& slots = dynamic_cast<const ScriptedCarry&>(carry).slots;
    const int64_t tokens = config_.tokens(), width = config_.arch.hidden_size;
    HostTensor z_H(DType::kF32, {std::ssize(slots), tokens, width}), z_L = z_H;
    for (size_t b = 0; b < slots.size(); ++b) {
      for (int64_t i = 0; i < tokens * width; ++i) {
        const size_t at = b * static_cast<size_t>(tokens * width) + static_cast<size_t>(i);
        z_H.as<float>()[at] = i < width ? static_cast<float>(slots[b].segments) : 0.f;
        z_L.as<float>()[at] = i % width == i / width % width ? static_cast<float>(slots[b].segments) : 0.f;
      }
    }
    return {{"z_H", std::move(z_H)}, {"z_L", std::move(z_L)}};
  }
  std::unique_ptr<model::Carry> load(const NamedTensors&) const override { throw unscripted(); }

  model::SegmentOutput forward(const model::Batch& batch, model::Carry& carry,
                               const model::ForwardOptions& options) override {
    batch_sizes.push_back(batch.size);
    auto& slots = slots_of(carry, batch.size);
    const auto cells = static_cast<size_t>(config_.data.seq_len);
    model::SegmentOutput output;
    for (size_t b = 0; b < batch.size; ++b) {
      ++slots[b].segments;
      slots[b].history = derive_seed(slots[b].history, {batch.noise_seeds[b], uint64_t(batch.puzzle_identifiers[b])});
      const ScriptedSegment played =
          script_(batch.inputs.subspan(b * cells, cells), slots[b].segments, slots[b].history);
      output.answers.insert(output.answers.end(), played.answer.begin(), played.answer.end());
      output.q_halt.push_back(played.q_halt);
      output.q_continue.push_back(played.q_continue);
      if (options.logits) add_logits(played.answer, output.logits);
      if (!options.residuals) continue;
      output.residual_H.push_back(1 / static_cast<float>(slots[b].segments));
      output.residual_L.push_back(2 / static_cast<float>(slots[b].segments));
    }
    return output;
  }

  model::TrainOutput train_step(const model::Batch&, std::span<const uint8_t>, model::Carry&,
                                const model::TrainOptions&) override {
    throw unscripted();
  }

 private:
  // 4 for the answer of a cell, 0 for the rest.
  void add_logits(const puzzles::Tokens& answer, std::vector<float>& logits) const {
    for (const int32_t token : answer)
      for (int32_t v = 0; v < config_.data.vocab_size; ++v) logits.push_back(v == token ? 4.f : 0.f);
  }

  static Error unscripted() { return failure("scripted_backend", "the script has no such scene"); }

  static std::vector<ScriptedCarry::Slot>& slots_of(model::Carry& carry, size_t batch) {
    auto& slots = dynamic_cast<ScriptedCarry&>(carry).slots;
    if (slots.size() != batch) throw failure("scripted_backend", "{} slots for a batch of {}", slots.size(), batch);
    return slots;
  }

  const model::ModelConfig config_;
  const Script script_;
};

// A model of 4x4 Sudoku with at most `segments` segments.
inline model::ModelConfig scripted_config(int64_t segments) {
  model::ModelConfig config;
  config.arch.hidden_size = 4;
  config.arch.num_heads = 2;
  config.arch.halt_max_steps = segments;
  config.data = {.seq_len = 16, .vocab_size = 6, .num_puzzle_identifiers = 1};
  return config;
}

}  // namespace hrm::solving
