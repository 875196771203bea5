#include "aten/losses.h"

#include <ATen/ATen.h>

#include "model/backend.h"

namespace hrm::aten {
namespace {

at::Tensor log_stablemax(const at::Tensor& logits) {
  const at::Tensor x = logits.to(at::kDouble);
  // The unselected branch must stay finite, or its gradient of 0 * inf would be NaN.
  const at::Tensor s = at::where(x < 0, 1 / (1 - x.clamp_max(0)), x + 1);
  return at::log(s / s.sum(-1, /*keepdim=*/true));
}

}  // namespace

TokenLoss token_loss(const model::LossConfig& config, const at::Tensor& logits, const at::Tensor& labels) {
  const at::Tensor log_p = config.loss_type == model::LossType::kStablemax ? log_stablemax(logits)
                                                                           : at::log_softmax(logits.to(at::kFloat), -1);
  const at::Tensor mask = labels != model::kIgnoreLabel;
  const at::Tensor target = at::where(mask, labels, 0).to(at::kLong);
  at::Tensor nll = -log_p.gather(-1, target.unsqueeze(-1)).squeeze(-1);
  if (const double smoothing = config.label_smoothing; smoothing > 0)
    nll = (1 - smoothing) * nll - smoothing * log_p.mean(-1);
  const at::Tensor count = mask.sum(-1);
  const at::Tensor right = mask.logical_and(logits.detach().argmax(-1) == target).sum(-1);
  return {.lm = at::where(mask, nll, 0).sum(-1) / count.clamp_min(1),
          .correct = right.to(at::kInt),
          .supervised = count.to(at::kInt),
          .exact = right == count};
}

at::Tensor q_loss(const at::Tensor& logits, const at::Tensor& target) {
  return at::binary_cross_entropy_with_logits(logits, target.to(logits.scalar_type()), {}, {}, at::Reduction::None);
}

}  // namespace hrm::aten
