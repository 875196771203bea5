#include "engine/optimizer.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/threads.h"
#include "engine/blocked_gemm.h"
#include "kernels/convert.h"
#include "kernels/optimizer.h"
#include "kernels/pack.h"

namespace hrm::engine {
namespace {

constexpr std::string_view kInOptimizer = "engine.optimizer";

// Matrices that share one parameter: gate and up; q, k and v.
size_t matrices_in(const std::string& name) {
  return name.ends_with("gate_up_proj.weight") ? 2 : name.ends_with("qkv_proj.weight") ? 3 : 1;
}

// out = a b, all row-major. REQUIRES: a.columns = b.rows.
void multiply(const MatrixView& a, const MatrixView& b, float* out) {
  const size_t m = a.rows, n = b.columns, k = a.columns;
  BlockedGemm<float>({.m = n, .n = m, .k = k, .lda = n, .ldb = k, .ldc = n})(b.data, a.data, out);
}

}  // namespace

void orthogonalize(std::span<float> matrix, size_t rows, size_t columns) {
  constexpr float a = 3.4445f, b = -4.7750f, c = 2.0315f;
  const bool tall = rows > columns;
  const size_t m = std::min(rows, columns), n = std::max(rows, columns);
  using kernels::Panel;
  kernels::Buffer<float> x(m * n), x_t(m * n), gram(m * m), mixed(m * m), next(m * n);
  if (tall)
    kernels::transpose({rows, columns}, Panel<const float>{matrix.data(), columns}, Panel<float>{x.data(), n});
  else
    std::ranges::copy(matrix, x.data());
  const auto scale = static_cast<float>(1 / (std::sqrt(kernels::sum_of_squares(x.data(), m * n)) + 1e-7));
  kernels::axpby({scale, 0}, x.data(), x.data(), m * n);
  for (int i = 0; i < 5; ++i) {
    kernels::transpose({m, n}, Panel<const float>{x.data(), n}, Panel<float>{x_t.data(), m});
    multiply({x.data(), m, n}, {x_t.data(), n, m}, gram.data());
    multiply({gram.data(), m, m}, {gram.data(), m, m}, mixed.data());
    kernels::axpby({b, c}, gram.data(), mixed.data(), m * m);
    multiply({mixed.data(), m, m}, {x.data(), m, n}, next.data());
    kernels::axpby({1, a}, next.data(), x.data(), m * n);
  }
  if (tall)
    kernels::transpose({m, n}, Panel<const float>{x.data(), n}, Panel<float>{matrix.data(), m});
  else
    std::ranges::copy(x.span(), matrix.begin());
}

Optimizer::Optimizer(const model::OptimizerConfig& config, const ParameterLayout& layout)
    : config_(config), layout_(layout), first_(layout.trained_size()), second_(layout.trained_size()) {
  config.validate();
}

bool Optimizer::uses_muon(size_t i) const {
  return config_.optimizer == model::OptimizerKind::kMuon &&
         layout_.parameters()[i].kind == model::ParameterKind::kMatrix;
}

void Optimizer::adam_step(size_t i, const Update& update) {
  const auto t = static_cast<double>(step_);
  const kernels::AdamAtan2Step step{.lr = static_cast<float>(config_.lr * update.lr_factor),
                                    .weight_decay = static_cast<float>(config_.weight_decay),
                                    .beta1 = static_cast<float>(config_.beta1),
                                    .beta2 = static_cast<float>(config_.beta2),
                                    .correction1 = static_cast<float>(1 - std::pow(config_.beta1, t)),
                                    .correction2 = static_cast<float>(1 - std::pow(config_.beta2, t)),
                                    .gradient_scale = static_cast<float>(update.scale)};
  const size_t at = layout_.offset(i);
  kernels::adam_atan2({.p = update.weights.data() + at,
                       .m = first_.data() + at,
                       .v = second_.data() + at,
                       .g = update.gradient.data() + at,
                       .n = layout_.count(i)},
                      step);
}

void Optimizer::muon_step(size_t i, const Update& update) {
  const auto g = layout_.slice(update.gradient, i), p = layout_.slice(update.weights, i);
  const double lr = config_.muon_lr * update.lr_factor;
  kernels::sgd_momentum(layout_.slice(first_.span(), i).data(), g.data(), g.size(),
                        {.mu = static_cast<float>(config_.muon_momentum), .scale = static_cast<float>(update.scale)});
  const size_t matrices = matrices_in(layout_.parameters()[i].name), rows = layout_.rows(i) / matrices,
               columns = layout_.columns(i);
  const double tall = std::sqrt(std::max(1.0, static_cast<double>(rows) / static_cast<double>(columns)));
  for (size_t j = 0; j < matrices; ++j) orthogonalize(g.subspan(j * rows * columns, rows * columns), rows, columns);
  kernels::decay_and_add(
      p.data(), g.data(), p.size(),
      {.keep = static_cast<float>(1 - lr * config_.muon_weight_decay), .step = static_cast<float>(-lr * tall)});
}

void Optimizer::step(std::span<float> weights, std::span<float> gradient, double gradient_norm,
                     const UpdateOptions& options) {
  ++step_;
  const double clip = config_.grad_clip > 0 ? std::min(1.0, config_.grad_clip / (gradient_norm + 1e-6)) : 1;
  if (options.ema_rate == 0) {
    average_ = {};
  } else if (average_.size() == 0) {  // starts from the weights before the update
    average_ = kernels::Buffer<float>(layout_.trained_size());
    std::copy_n(weights.data(), average_.size(), average_.data());
  }
  const Update update{.weights = weights, .gradient = gradient, .scale = clip, .lr_factor = options.lr_factor};
  parallel_for(layout_.trained(), options.threads, [&](size_t i) {
    if (uses_muon(i))
      muon_step(i, update);
    else
      adam_step(i, update);
    if (average_.size() > 0)
      kernels::ema(average_.data() + layout_.offset(i), weights.data() + layout_.offset(i),
                   static_cast<float>(options.ema_rate), layout_.count(i));
  });
}

void Optimizer::step_puzzle_rows(std::span<float> weights, std::span<const int32_t> ids,
                                 std::span<const float> gradients, double lr_factor) const {
  const auto table = layout_.slice(weights, layout_.index().puzzle_emb);
  const size_t width = layout_.columns(layout_.index().puzzle_emb);
  std::map<int32_t, std::vector<float>> sums;
  for (size_t b = 0; b < ids.size(); ++b) {
    auto& sum = sums.try_emplace(ids[b], width, 0.f).first->second;
    for (size_t i = 0; i < width; ++i) sum[i] += gradients[b * width + i];
  }
  const double lr = config_.puzzle_emb_lr * lr_factor;
  const auto keep = static_cast<float>(1 - lr * config_.puzzle_emb_weight_decay), step = static_cast<float>(lr);
  for (const auto& [id, sum] : sums) {
    float* row = table.data() + static_cast<size_t>(id) * width;
    for (size_t i = 0; i < width; ++i) {
      const float sign = sum[i] > 0 ? 1.f : sum[i] < 0 ? -1.f : 0.f;
      row[i] = row[i] * keep - step * sign;
    }
  }
}

kernels::Buffer<float> Optimizer::averaged(std::span<const float> weights) const {
  kernels::Buffer<float> all(weights.size());
  std::ranges::copy(weights, all.data());
  std::copy_n(average_.data(), average_.size(), all.data());
  return all;
}

NamedTensors Optimizer::state() const {
  NamedTensors all;
  for (size_t i = 0; i < layout_.trained(); ++i) {
    const model::Parameter& p = layout_.parameters()[i];
    const auto put = [&](std::string_view kind, std::span<const float> values) {
      all.emplace(fmt::format("{}.{}", kind, p.name), HostTensor::of<float>(p.shape, layout_.slice(values, i)));
    };
    if (average_.size() > 0) put("average", average_.span());
    put(uses_muon(i) ? "momentum" : "first_moment", first_.span());
    if (!uses_muon(i)) put("second_moment", second_.span());
  }
  const int64_t step[] = {step_};
  all.emplace("step", HostTensor::of<int64_t>({1}, step));
  return all;
}

void Optimizer::set_state(const NamedTensors& state) {
  size_t used = 0;
  kernels::Buffer<float> first(layout_.trained_size()), second(layout_.trained_size()), average;
  // Copies one parameter's entry to its place; false if there is none.
  const auto take = [&](std::string_view kind, size_t i, std::span<float> to) {
    const model::Parameter& p = layout_.parameters()[i];
    const auto found = state.find(fmt::format("{}.{}", kind, p.name));
    if (found == state.end()) return false;
    ++used;
    if (found->second.shape() != p.shape || found->second.dtype() != DType::kF32)
      throw bad_input(kInOptimizer, "state '{}' is {} {}, the model needs f32 {}", found->first,
                      name_of(found->second.dtype()), to_string(found->second.shape()), to_string(p.shape));
    std::ranges::copy(found->second.as<float>(), layout_.slice(to, i).begin());
    return true;
  };
  const auto need = [&](std::string_view kind, size_t i, std::span<float> to) {
    if (!take(kind, i, to))
      throw bad_input(kInOptimizer, "state '{}.{}' is missing: was it saved by another optimizer?", kind,
                      layout_.parameters()[i].name);
  };
  const bool averaged =
      std::ranges::any_of(state, [](const auto& entry) { return entry.first.starts_with("average."); });
  if (averaged) average = kernels::Buffer<float>(layout_.trained_size());
  for (size_t i = 0; i < layout_.trained(); ++i) {
    if (averaged) need("average", i, average.span());
    need(uses_muon(i) ? "momentum" : "first_moment", i, first.span());
    if (!uses_muon(i)) need("second_moment", i, second.span());
  }
  const auto step = state.find("step");
  if (step == state.end() || step->second.dtype() != DType::kI64 || step->second.count() != 1)
    throw bad_input(kInOptimizer, "state 'step' is missing or not one i64");
  if (used + 1 != state.size())
    throw bad_input(kInOptimizer, "{} entries of the state belong to no parameter", state.size() - used - 1);
  first_ = std::move(first);
  second_ = std::move(second);
  average_ = std::move(average);
  step_ = step->second.as<int64_t>()[0];
}

}  // namespace hrm::engine
