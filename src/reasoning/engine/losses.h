// The losses of one example and their gradients (arXiv 2506.21734, section 2; stablemax: 2501.04697).
//
//   lm = mean over supervised tokens of -sum_v t_v log p_v,   t = (1 - smoothing) onehot(label) + smoothing / V
//   softmax:   p_v = exp(x_v) / sum,  d lm / d x_v = (p_v - t_v) / count                          in float32
//   stablemax: p_v = s(x_v) / sum, s(x) = x + 1 for x >= 0, 1 / (1 - x) below;
//              d lm / d x_v = s'(x_v) (1 / sum - t_v / s(x_v)) / count                            in float64
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/config.h"
#include "model/labels.h"

namespace hrm::engine {

struct TokenLoss {
  double lm = 0;
  int32_t correct = 0, supervised = 0;
  bool exact = false;  // all supervised tokens are right (the smallest id wins a tie)
};

// Where the gradient by the logits goes.
struct LogitGradient {
  double scale = 1;
  std::span<float> values;  // [S,V], overwritten by scale * d lm / d logits; may be empty
};

// logits: [S,V]. labels: [S], below V or model::kIgnoreLabel. REQUIRES: S > 0.
TokenLoss token_loss(const model::LossConfig& config, std::span<const float> logits, std::span<const int32_t> labels,
                     const LogitGradient& gradient);

// Binary cross-entropy of sigmoid(logit) against target in [0, 1], and its derivative by the logit.
struct BinaryLoss {
  double loss, derivative;
};
BinaryLoss binary_cross_entropy(double logit, double target);

double sigmoid(double x);

// Index of the largest value, the first one on ties.
size_t argmax(std::span<const float> values);

}  // namespace hrm::engine
