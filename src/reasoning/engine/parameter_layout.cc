#include "engine/parameter_layout.h"

#include <algorithm>

namespace hrm::engine {
namespace {

int place(model::ParameterKind kind) {
  return kind == model::ParameterKind::kPuzzle ? 1 : kind == model::ParameterKind::kBuffer ? 2 : 0;
}

}  // namespace

ParameterLayout::ParameterLayout(const model::ModelConfig& config) : parameters_(model::parameters(config)) {
  std::ranges::stable_sort(parameters_, {}, [](const model::Parameter& p) { return place(p.kind); });
  for (const model::Parameter& p : parameters_) {
    offsets_.push_back(size_);
    size_ += static_cast<size_t>(element_count(p.shape));
    if (place(p.kind) == 0) ++trained_;
  }
  offsets_.push_back(size_);

  const auto find = [&](const std::string& name) {
    const auto at = std::ranges::find(parameters_, name, &model::Parameter::name);
    return at == parameters_.end() ? kNone : static_cast<size_t>(at - parameters_.begin());
  };
  const auto inner = [&](const char* key) { return find(std::string("model.inner.") + key); };
  const auto blocks = [&](char net, int64_t layers) {
    std::vector<BlockIndex> all;
    for (int64_t i = 0; i < layers; ++i) {
      const std::string prefix = model::block_prefix(net, i);
      const model::MixerNames mixer = model::mixer_names(config.arch);
      all.push_back({.mixer_in = find(prefix + mixer.in),
                     .mixer_out = find(prefix + mixer.out),
                     .gate_up = find(prefix + "mlp.gate_up_proj.weight"),
                     .down = find(prefix + "mlp.down_proj.weight")});
    }
    return all;
  };
  index_ = {.H = {},
            .L = blocks('L', config.arch.L_layers),
            .H_init = inner("H_init"),
            .L_init = inner("L_init"),
            .embed_tokens = inner("embed_tokens.embedding_weight"),
            .embed_pos = inner("embed_pos.embedding_weight"),
            .lm_head = inner("lm_head.weight"),
            .q_weight = inner("q_head.weight"),
            .q_bias = inner("q_head.bias"),
            .puzzle_emb = inner("puzzle_emb.weights")};
  shared_net_ = config.arch.shared_net;
  index_.H = shared_net_ ? index_.L : blocks('H', config.arch.H_layers);
}

void ParameterLayout::import_weights(const NamedTensors& weights, std::span<float> all) const {
  for (size_t i = 0; i < parameters_.size(); ++i)
    std::ranges::copy(weights.find(parameters_[i].name)->second.as<float>(), slice(all, i).begin());
}

NamedTensors ParameterLayout::export_weights(std::span<const float> all) const {
  NamedTensors weights;
  for (size_t i = 0; i < parameters_.size(); ++i)
    weights.emplace(parameters_[i].name, HostTensor::of<float>(parameters_[i].shape, slice(all, i)));
  return weights;
}

}  // namespace hrm::engine
