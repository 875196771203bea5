// Losses of one segment (arXiv 2506.21734, section 2; the authors' loss head), summed over examples:
//
//   lm        = sum_b mean over supervised tokens of -log p(label)
//               p: stablemax, s(x) = x + 1 for x >= 0, 1 / (1 - x) below, p = s / sum s, in float64; or softmax
//   q_halt    = sum_b BCE(q_halt, all supervised tokens right)
//   q_continue= sum_b BCE(q_continue, target)
//   total     = lm + (q_halt + q_continue) / 2
#pragma once

#include <ATen/core/Tensor.h>

#include "model/config.h"

namespace hrm::aten {

struct TokenLoss {
  at::Tensor lm;          // [R] mean over supervised tokens (0 if none), f64 or f32, differentiable
  at::Tensor correct;     // [R] i32 supervised tokens answered right
  at::Tensor supervised;  // [R] i32
  at::Tensor exact;       // [R] bool: correct == supervised
};

// logits: [R,S,V]; labels: [R,S] i32, model::kIgnoreLabel where not supervised.
TokenLoss token_loss(const model::LossConfig& config, const at::Tensor& logits, const at::Tensor& labels);

// Binary cross-entropy on logits, per example, f32.
at::Tensor q_loss(const at::Tensor& logits, const at::Tensor& target);

}  // namespace hrm::aten
