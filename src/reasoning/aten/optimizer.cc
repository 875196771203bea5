#include "aten/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "base/error.h"
#include "torch/host.h"

namespace hrm::aten {
namespace {

struct AdamStep {
  double lr, weight_decay, beta1, beta2;
  int64_t t;
};

struct AdamMoments {
  at::Tensor &m, &v;
};

void adam_atan2(const at::Tensor& p, const at::Tensor& g, const AdamMoments& moments, const AdamStep& s) {
  const auto& [m, v] = moments;
  const double correction1 = 1 - std::pow(s.beta1, s.t), correction2 = 1 - std::pow(s.beta2, s.t);
  p.mul_(1 - s.lr * s.weight_decay);
  m.lerp_(g, 1 - s.beta1);
  v.lerp_(g.square(), 1 - s.beta2);
  p.add_(at::atan2(m, (v / correction2).sqrt_()), -s.lr / correction1);
}

// Orthogonalizes each of the matrices that share one parameter (gate and up; q, k and v) by itself.
at::Tensor muon_direction(const std::string& name, const at::Tensor& update) {
  const int64_t matrices = name.ends_with("gate_up_proj.weight") ? 2 : name.ends_with("qkv_proj.weight") ? 3 : 1;
  std::vector<at::Tensor> parts = update.chunk(matrices, 0);
  for (at::Tensor& part : parts) {
    const double tall = static_cast<double>(part.size(0)) / static_cast<double>(part.size(1));
    part = orthogonalize(part) * std::sqrt(std::max(1.0, tall));
  }
  return at::cat(parts);
}

}  // namespace

at::Tensor orthogonalize(const at::Tensor& matrix) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  const bool tall = matrix.size(0) > matrix.size(1);
  at::Tensor x = tall ? matrix.t() : matrix;
  x = x / (x.norm() + 1e-7);
  for (int i = 0; i < 5; ++i) {
    const at::Tensor gram = at::mm(x, x.t());
    x = at::addmm(x, at::addmm(gram, gram, gram, b, c), x, a, 1);
  }
  return tall ? x.t() : x;
}

Optimizer::Optimizer(const model::OptimizerConfig& config, std::vector<Slot> slots)
    : config_(config), slots_(std::move(slots)) {
  config.validate();
  for (const Slot& slot : slots_) {
    Moments m{.first = at::zeros_like(slot.parameter), .second = {}, .average = {}};
    if (!uses_muon(slot)) m.second = at::zeros_like(slot.parameter);
    moments_.push_back(std::move(m));
  }
}

bool Optimizer::uses_muon(const Slot& slot) const {
  return config_.optimizer == model::OptimizerKind::kMuon && slot.kind == model::ParameterKind::kMatrix;
}

void Optimizer::step(std::span<at::Tensor> gradients, double gradient_norm, const UpdateOptions& options) {
  const at::NoGradGuard no_grad;
  ++step_;
  const double clip = config_.grad_clip > 0 ? std::min(1.0, config_.grad_clip / (gradient_norm + 1e-6)) : 1;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const at::Tensor& p = slots_[i].parameter;
    const at::Tensor& g = gradients[i];
    Moments& m = moments_[i];
    if (clip < 1) g.mul_(clip);
    if (options.ema_rate == 0)
      m.average.reset();
    else if (!m.average.defined())
      m.average = p.detach().clone();  // starts from the weights before the update
    if (uses_muon(slots_[i])) {
      const double lr = config_.muon_lr * options.lr_factor, mu = config_.muon_momentum;
      m.first.mul_(mu).add_(g);
      p.mul_(1 - lr * config_.muon_weight_decay);
      p.add_(muon_direction(slots_[i].name, g.add(m.first, mu)), -lr);
    } else {
      adam_atan2(p, g, {m.first, m.second},
                 {config_.lr * options.lr_factor, config_.weight_decay, config_.beta1, config_.beta2, step_});
    }
    if (m.average.defined()) m.average.lerp_(p, 1 - options.ema_rate);
  }
}

void Optimizer::step_puzzle_rows(at::Tensor& table, const at::Tensor& ids, const at::Tensor& gradients,
                                 double lr_factor) const {
  const at::NoGradGuard no_grad;
  const double lr = config_.puzzle_emb_lr * lr_factor;
  const auto [rows, inverse] = at::_unique(ids, /*sorted=*/true, /*return_inverse=*/true);
  const at::Tensor summed =
      at::zeros({rows.size(0), table.size(1)}, gradients.options()).index_add_(0, inverse, gradients);
  const at::Tensor updated =
      table.index_select(0, rows).mul_(1 - lr * config_.puzzle_emb_weight_decay).add_(summed.sign_(), -lr);
  table.index_copy_(0, rows, updated);
}

std::map<std::string, at::Tensor> Optimizer::average() const {
  std::map<std::string, at::Tensor> all;
  for (size_t i = 0; i < slots_.size(); ++i)
    all[slots_[i].name] = moments_[i].average.defined() ? moments_[i].average : slots_[i].parameter;
  return all;
}

NamedTensors Optimizer::state() const {
  NamedTensors all;
  const auto put = [&](const char* kind, const std::string& name, const at::Tensor& tensor) {
    if (tensor.defined()) all.emplace(fmt::format("{}.{}", kind, name), torch::to_host(tensor));
  };
  for (size_t i = 0; i < slots_.size(); ++i) {
    put("average", slots_[i].name, moments_[i].average);
    put(uses_muon(slots_[i]) ? "momentum" : "first_moment", slots_[i].name, moments_[i].first);
    put("second_moment", slots_[i].name, moments_[i].second);
  }
  const int64_t step[] = {step_};
  all.emplace("step", HostTensor::of<int64_t>({1}, step));
  return all;
}

void Optimizer::set_state(const NamedTensors& state) {
  size_t used = 0;
  const auto take = [&](const std::string& key, const at::Tensor& like) -> at::Tensor {
    const auto found = state.find(key);
    if (found == state.end()) return {};
    ++used;
    if (found->second.shape() != like.sizes().vec() || found->second.dtype() != DType::kF32)
      throw bad_input("aten.optimizer", "state '{}' is {} {}, the model needs f32 {}", key,
                      name_of(found->second.dtype()), to_string(found->second.shape()), to_string(like.sizes().vec()));
    return torch::to_aten(found->second, like.device());
  };
  const auto need = [&](const char* kind, const std::string& name, const at::Tensor& like) {
    const std::string key = fmt::format("{}.{}", kind, name);
    at::Tensor tensor = take(key, like);
    if (!tensor.defined())
      throw bad_input("aten.optimizer", "state '{}' is missing: was it saved by another optimizer?", key);
    return tensor;
  };
  std::vector<Moments> loaded;
  for (const Slot& slot : slots_) {
    Moments m;
    m.average = take("average." + slot.name, slot.parameter);
    m.first = need(uses_muon(slot) ? "momentum" : "first_moment", slot.name, slot.parameter);
    if (!uses_muon(slot)) m.second = need("second_moment", slot.name, slot.parameter);
    loaded.push_back(std::move(m));
  }
  const auto step = state.find("step");
  if (step == state.end() || step->second.dtype() != DType::kI64 || step->second.count() != 1)
    throw bad_input("aten.optimizer", "state 'step' is missing or not one i64");
  if (used + 1 != state.size())
    throw bad_input("aten.optimizer", "{} entries of the state belong to no parameter", state.size() - used - 1);
  moments_ = std::move(loaded);
  step_ = step->second.as<int64_t>()[0];
}

}  // namespace hrm::aten
