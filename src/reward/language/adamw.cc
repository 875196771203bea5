#include "language/adamw.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "torch/host.h"

namespace hrm::language {

EnumNames<DecayRule> enum_names(DecayRule) {
  static constexpr std::pair<DecayRule, std::string_view> names[] = {{DecayRule::kAll, "all"},
                                                                     {DecayRule::kTrainer, "trainer"}};
  return names;
}

void AdamWConfig::validate() const {
  const auto need = [](bool holds, std::string_view what, double value) {
    if (!holds) throw bad_input("language.adamw", "{} (it is {})", what, value);
  };
  need(lr > 0, "lr must be above 0", lr);
  need(beta1 >= 0 && beta1 < 1, "beta1 must be at least 0 and below 1", beta1);
  need(beta2 >= 0 && beta2 < 1, "beta2 must be at least 0 and below 1", beta2);
  need(eps > 0, "eps must be above 0", eps);
  need(weight_decay >= 0, "weight_decay must be at least 0", weight_decay);
  need(max_grad_norm >= 0, "max_grad_norm must be at least 0", max_grad_norm);
}

AdamW::AdamW(const AdamWConfig& config, NamedParameters parameters)
    : config_(config), parameters_(std::move(parameters)) {
  config.validate();
  for (const auto& [name, parameter] : parameters_) {
    first_.push_back(at::zeros_like(parameter));
    second_.push_back(at::zeros_like(parameter));
  }
}

bool AdamW::decays(std::string_view name) const {
  return config_.decay_rule == DecayRule::kAll || !is_norm_or_bias(name);
}

double gradient_norm(const std::vector<at::Tensor>& gradients) {
  const at::NoGradGuard no_grad;
  double squares = 0;
  for (const at::Tensor& g : gradients) {
    const auto norm = at::linalg_vector_norm(g, 2, {}, false, at::kDouble).item<double>();
    squares += norm * norm;
  }
  return std::sqrt(squares);
}

void AdamW::step(std::vector<at::Tensor>& gradients, double norm, double lr_factor) {
  if (!std::isfinite(norm)) return;
  const at::NoGradGuard no_grad;
  const double clip = config_.max_grad_norm > 0 ? std::min(1.0, config_.max_grad_norm / (norm + 1e-6)) : 1;
  if (clip < 1)
    for (at::Tensor& g : gradients) g.mul_(clip);
  ++step_;
  for (const bool decayed : {true, false}) update(gradients, config_.lr * lr_factor, decayed);
}

// One of the two groups in PyTorch's fused kernel.
void AdamW::update(const std::vector<at::Tensor>& gradients, double lr, bool decayed) {
  std::vector<at::Tensor> p, g, m, v, steps;
  size_t i = 0;
  for (const auto& [name, parameter] : parameters_) {
    if (decays(name) == decayed) {
      p.push_back(parameter.detach());
      g.push_back(gradients[i]);
      m.push_back(first_[i]);
      v.push_back(second_[i]);
      steps.push_back(at::full({}, static_cast<double>(step_), parameter.options().dtype(at::kFloat)));
    }
    ++i;
  }
  if (p.empty()) return;
  at::_fused_adamw_(p, g, m, v, {}, steps, lr, config_.beta1, config_.beta2, decayed ? config_.weight_decay : 0,
                    config_.eps, /*amsgrad=*/false, /*maximize=*/false);
}

NamedTensors AdamW::state() const {
  NamedTensors all;
  size_t i = 0;
  for (const auto& [name, parameter] : parameters_) {
    all.emplace("first_moment." + name, torch::to_host(first_[i]));
    all.emplace("second_moment." + name, torch::to_host(second_[i++]));
  }
  all.emplace("step", HostTensor::of<int64_t>({1}, std::span(&step_, 1)));
  return all;
}

void AdamW::set_state(const NamedTensors& state) {
  const auto take = [&](const std::string& key, const at::Tensor& like) {
    const auto found = state.find(key);
    if (found == state.end())
      throw bad_input("language.adamw", "state '{}' is missing: was it saved by another run?", key);
    if (found->second.dtype() != DType::kF32 || at::IntArrayRef(found->second.shape()) != like.sizes())
      throw bad_input("language.adamw", "state '{}' is {} {}, the model needs f32 {}", key,
                      name_of(found->second.dtype()), to_string(found->second.shape()), to_string(like.sizes().vec()));
    return torch::to_aten(found->second, like.device());
  };
  std::vector<at::Tensor> first, second;
  for (const auto& [name, parameter] : parameters_) {
    first.push_back(take("first_moment." + name, parameter));
    second.push_back(take("second_moment." + name, parameter));
  }
  const auto step = state.find("step");
  if (step == state.end() || step->second.dtype() != DType::kI64 || step->second.count() != 1)
    throw bad_input("language.adamw", "state 'step' is missing or not one i64");
  first_ = std::move(first);
  second_ = std::move(second);
  step_ = step->second.as<int64_t>()[0];
}

}  // namespace hrm::language
