#include "language/held_out_measures.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstring>

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
  std::vector<double>& part = parts_.emplace_back();
  part = {(losses(loss_, outputs, batch.targets) * batch.weights).sum().item<double>(), weight};
  const at::Tensor found = scores(outputs);
  if (!found.defined()) return;
  const at::Tensor& values = batch.targets.values;
  const at::Tensor shares = batch.targets.trials.defined() ? values / batch.targets.trials : values;
  const auto score = torch::to_vector<float>(found.contiguous()), share = torch::to_vector<float>(shares.contiguous());
  for (size_t i = 0; i < score.size(); ++i) part.insert(part.end(), {score[i], share[i] >= 0.5F ? 1.0 : 0.0});
}

void HeldOutMeasures::gather(training::Collective& all) {
  if (all.size() == 1) return;
  std::vector<double> mine;  // the length of each part, then the part
  for (const std::vector<double>& part : parts_) {
    mine.push_back(static_cast<double>(part.size()));
    mine.insert(mine.end(), part.begin(), part.end());
  }
  const std::string_view bytes(reinterpret_cast<const char*>(mine.data()), mine.size() * sizeof(double));
  std::vector<std::vector<std::vector<double>>> found;  // [process][part]
  size_t most = 0;
  for (const std::string& theirs : all.gather(bytes)) {
    std::vector<double> values(theirs.size() / sizeof(double));
    std::memcpy(values.data(), theirs.data(), theirs.size());
    auto& parts = found.emplace_back();
    for (auto at = values.begin(); at != values.end(); at += 1 + std::ssize(parts.back()))
      parts.emplace_back(at + 1, at + 1 + static_cast<ptrdiff_t>(*at));
    most = std::max(most, parts.size());
  }
  parts_.clear();
  for (size_t i = 0; i < most; ++i)
    for (auto& parts : found)
      if (i < parts.size()) parts_.push_back(std::move(parts[i]));
}

training::EvaluationReport HeldOutMeasures::report() const {
  double loss_sum = 0, weight = 0;
  std::vector<double> scores;
  std::vector<uint8_t> classes;
  for (const std::vector<double>& part : parts_) {
    loss_sum += part[0];
    weight += part[1];
    for (size_t i = 2; i < part.size(); i += 2) {
      scores.push_back(part[i]);
      classes.push_back(part[i + 1] == 1);
    }
  }
  const double mean = loss_sum / weight;
  training::EvaluationReport all{.values = {{"loss", mean}}, .text = fmt::format("loss {:.4f}", mean)};
  if (std::isfinite(mean)) all.score = {-mean};
  if (scores.empty() || std::ranges::any_of(scores, [](double s) { return std::isnan(s); })) return all;
  uint64_t right = 0;
  for (size_t i = 0; i < scores.size(); ++i) right += (scores[i] >= 0.5) == (classes[i] == 1);
  const double accuracy = static_cast<double>(right) / static_cast<double>(scores.size());
  all.values.push_back({"accuracy", accuracy});
  all.text += fmt::format(", accuracy {:.3f}", accuracy);
  if (const auto area = AucCounter(scores, classes).area()) {
    all.values.push_back({"auc", *area});
    all.text += fmt::format(", auc {:.3f}", *area);
  }
  return all;
}

}  // namespace hrm::language
