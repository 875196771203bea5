#include "kernels/optimizer.h"

#include <cmath>

#include "kernels/stages.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {

void adam_atan2(const AdamArrays& arrays, const AdamAtan2Step& step) {
  const StageTimer timer(Stage::kOptimizer);
  vector_table().adam_atan2(arrays, step);
}

void ema(float* average, const float* p, float rate, size_t n) {
  const StageTimer timer(Stage::kOptimizer);
  vector_table().ema(average, p, rate, n);
}

void sgd_momentum(float* u, float* g, size_t n, const MomentumStep& step) {
  const StageTimer timer(Stage::kOptimizer);
  vector_table().sgd_momentum(u, g, n, step);
}

void decay_and_add(float* p, const float* direction, size_t n, const DecayStep& factors) {
  const StageTimer timer(Stage::kOptimizer);
  vector_table().decay_and_add(p, direction, n, factors);
}

namespace scalar {

void adam_atan2(const AdamArrays& arrays, const AdamAtan2Step& step) {
  const auto [p, m, v, g, n] = arrays;
  for (size_t i = 0; i < n; ++i) {
    const double gradient = double{g[i]} * step.gradient_scale;
    const double first = m[i] + (1 - double{step.beta1}) * (gradient - m[i]);
    const double second = v[i] + (1 - double{step.beta2}) * (gradient * gradient - v[i]);
    const double direction = std::atan2(first, std::sqrt(second / step.correction2));
    m[i] = static_cast<float>(first);
    v[i] = static_cast<float>(second);
    p[i] = static_cast<float>(p[i] * (1 - double{step.lr} * step.weight_decay) -
                              step.lr / double{step.correction1} * direction);
  }
}

void ema(float* average, const float* p, float rate, size_t n) {
  for (size_t i = 0; i < n; ++i)
    average[i] = static_cast<float>(average[i] + (1 - double{rate}) * (double{p[i]} - average[i]));
}

void sgd_momentum(float* u, float* g, size_t n, const MomentumStep& step) {
  for (size_t i = 0; i < n; ++i) {
    const double gradient = double{g[i]} * step.scale;
    const double momentum = double{step.mu} * u[i] + gradient;
    u[i] = static_cast<float>(momentum);
    g[i] = static_cast<float>(gradient + step.mu * momentum);
  }
}

void decay_and_add(float* p, const float* direction, size_t n, const DecayStep& factors) {
  for (size_t i = 0; i < n; ++i)
    p[i] = static_cast<float>(double{factors.keep} * p[i] + double{factors.step} * direction[i]);
}

}  // namespace scalar
}  // namespace hrm::kernels
