#include "language/held_out_measures.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "base/statistics.h"
#include "torch/host.h"

namespace hrm::language {

// Undefined if the head has none.
at::Tensor HeldOutMeasures::scores(const at::Tensor& outputs) const {
  if (loss_ == LossKind::kBetaBinomial) {
    const at::Tensor shapes = at::softplus(outputs);
    return shapes.select(1, 1) / shapes.sum(1);
  }
  if (head_.kind() == HeadKind::kLanguage || outputs.size(1) > 2) return {};
  if (loss_ == LossKind::kSoftLabels && outputs.size(1) == 1) return outputs.select(1, 0).sigmoid();
  return head_.scores(outputs);
}

void HeldOutMeasures::add(const PackedBatch& batch, const at::Tensor& outputs, double weight) {
  loss_sum_ += (losses(loss_, outputs, batch.targets) * batch.weights).sum().item<double>();
  weight_ += weight;
  const at::Tensor found = scores(outputs);
  if (!found.defined()) return;
  const at::Tensor& values = batch.targets.values;
  const at::Tensor shares = batch.targets.trials.defined() ? values / batch.targets.trials : values;
  for (const float score : torch::to_vector<float>(found.contiguous())) scores_.push_back(score);
  for (const float share : torch::to_vector<float>(shares.contiguous())) classes_.push_back(share >= 0.5F);
}

training::EvaluationReport HeldOutMeasures::report() const {
  const double mean = loss_sum_ / weight_;
  training::EvaluationReport all{.values = {{"loss", mean}}, .text = fmt::format("loss {:.4f}", mean)};
  if (std::isfinite(mean)) all.score = {-mean};
  if (scores_.empty() || std::ranges::any_of(scores_, [](double s) { return std::isnan(s); })) return all;
  uint64_t right = 0;
  for (size_t i = 0; i < scores_.size(); ++i) right += (scores_[i] >= 0.5) == (classes_[i] == 1);
  const double accuracy = static_cast<double>(right) / static_cast<double>(scores_.size());
  all.values.push_back({"accuracy", accuracy});
  all.text += fmt::format(", accuracy {:.3f}", accuracy);
  if (const auto area = AucCounter(scores_, classes_).area()) {
    all.values.push_back({"auc", *area});
    all.text += fmt::format(", auc {:.3f}", *area);
  }
  return all;
}

}  // namespace hrm::language
