// The passes of the optimizers over n parameters, one each, at any alignment; the rules are those of
// model/optimizer_config.h. An element's result depends only on that element. Arrays of one call do not overlap.
#pragma once

#include <cstddef>

namespace hrm::kernels {

struct AdamAtan2Step {
  float lr = 0, weight_decay = 0, beta1 = 0, beta2 = 0;
  float correction1 = 1, correction2 = 1;  // 1 - beta1^t, 1 - beta2^t
  float gradient_scale = 1;                // clipping and averaging: g is multiplied by this first
};

//   p <- p (1 - lr wd);  m <- m + (1 - beta1) (g - m);  v <- v + (1 - beta2) (g^2 - v)
//   p <- p - lr / correction1 * atan2(m, sqrt(v / correction2))
// atan2 within 3e-7; atan2(0, 0) = 0.
struct AdamArrays {
  float* p = nullptr;  // parameters
  float* m = nullptr;  // first and second moments
  float* v = nullptr;
  const float* g = nullptr;  // gradients
  size_t n = 0;
};
void adam_atan2(const AdamArrays& arrays, const AdamAtan2Step& step);

// average <- average + (1 - rate) (p - average)
void ema(float* average, const float* p, float rate, size_t n);

// Nesterov momentum, for Muon: u <- mu u + scale g;  g <- scale g + mu u.
struct MomentumStep {
  float mu = 0, scale = 1;
};
void sgd_momentum(float* u, float* g, size_t n, const MomentumStep& step);

// p <- keep p + step direction
struct DecayStep {
  float keep = 1, step = 0;  // 1 - lr wd, -lr scale
};
void decay_and_add(float* p, const float* direction, size_t n, const DecayStep& factors);

namespace scalar {
void adam_atan2(const AdamArrays& arrays, const AdamAtan2Step& step);
void ema(float* average, const float* p, float rate, size_t n);
void sgd_momentum(float* u, float* g, size_t n, const MomentumStep& step);
void decay_and_add(float* p, const float* direction, size_t n, const DecayStep& factors);
}  // namespace scalar

}  // namespace hrm::kernels
