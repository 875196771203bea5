// What the tests of backends share: the devices of this build and small random models. Test code only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/backend_factory.h"
#include "base/rng.h"
#include "model/gradient_backend.h"
#include "model/weights.h"

namespace hrm::backends {

// Names of devices (model/backend.h) that this build has on a CPU: the engine, and libtorch.
inline std::vector<std::string> devices() {
  if (HRM_TORCH) return {"cpu", "aten"};
  return {"cpu"};
}

// GoogleTest names admit letters, digits and underscores only.
inline std::string test_name(std::string text) {
  for (char& c : text)
    if (c == '-') c = '_';
  return text;
}

// The preset at width 32 with one block per net and nine tokens.
inline model::ModelConfig tiny_model(const std::string& preset) {
  model::ModelConfig config{.arch = model::arch_preset(preset),
                            .data = {.seq_len = 9, .vocab_size = 5, .num_puzzle_identifiers = 3}};
  config.arch.hidden_size = 32;
  config.arch.num_heads = 2;
  config.arch.L_layers = 1;
  config.arch.H_layers = config.arch.shared_net ? 0 : 1;
  config.arch.H_cycles = config.arch.L_cycles = 2;
  config.arch.halt_max_steps = 3;
  config.arch.forward_dtype = model::Precision::kFloat32;
  if (config.arch.puzzle_emb_ndim > 0) config.arch.puzzle_emb_ndim = 32;
  config.arch.puzzle_emb_len = 0;
  return config;
}

struct Examples {
  Examples(const model::ModelConfig& config, size_t n, uint64_t seed) {
    Rng rng(seed);
    for (size_t i = 0; i < n * static_cast<size_t>(config.data.seq_len); ++i) {
      inputs.push_back(static_cast<int32_t>(rng.below(static_cast<uint64_t>(config.data.vocab_size))));
      labels.push_back(rng.chance(0.2) ? model::kIgnoreLabel : inputs.back());
    }
    for (size_t i = 0; i < n; ++i) {
      identifiers.push_back(static_cast<int32_t>(rng.below(3)));
      seeds.push_back(rng.next());
    }
  }
  model::Batch batch() const { return rows(0, identifiers.size()); }
  model::Batch rows(size_t begin, size_t count) const {
    const size_t s = inputs.size() / identifiers.size();
    return {.size = count,
            .inputs = std::span(inputs).subspan(begin * s, count * s),
            .labels = std::span(labels).subspan(begin * s, count * s),
            .puzzle_identifiers = std::span(identifiers).subspan(begin, count),
            .noise_seeds = std::span(seeds).subspan(begin, count)};
  }
  std::vector<int32_t> inputs, labels, identifiers;
  std::vector<uint64_t> seeds;
};

// Random weights with which q and the puzzle tokens depend on everything.
inline NamedTensors lively_weights(const model::ModelConfig& config, uint64_t seed = 5) {
  NamedTensors weights = model::initial_weights(config, seed);
  for (float& w : weights.at("model.inner.q_head.weight").as<float>()) w = 0.1f;
  return weights;
}

inline std::unique_ptr<model::Backend> tiny_backend(const std::string& device, const model::ModelConfig& config,
                                                    size_t threads = 1) {
  auto backend = make_backend(config, {.device = device, .threads = threads});
  backend->set_weights(lively_weights(config));
  return backend;
}

// Every backend of this build gives gradients.
inline model::GradientBackend& with_gradients(model::Backend& backend) {
  return dynamic_cast<model::GradientBackend&>(backend);
}

// A carry whose slots are all in their initial states.
inline std::unique_ptr<model::Carry> fresh_carry(const model::Backend& backend, const model::Batch& batch) {
  auto carry = backend.make_carry(batch.size);
  backend.reset(*carry, batch, std::vector<uint8_t>(batch.size, 1));
  return carry;
}

}  // namespace hrm::backends
