#include "language/losses.h"

#include <ATen/ATen.h>

namespace hrm::language {
namespace {

constexpr std::string_view kInLosses = "language.losses";
constexpr double kLeastShape = 1e-3;  // of a Beta distribution: keeps its log-gamma finite

at::Tensor cross_entropy(const at::Tensor& outputs, const at::Tensor& values) {
  const at::Tensor classes = values.to(at::kLong);
  if (classes.numel() > 0 && (classes.min().item<int64_t>() < 0 || classes.max().item<int64_t>() >= outputs.size(1)))
    throw bad_input(kInLosses, "label {} is not one of the head's {} classes",
                    classes.min().item<int64_t>() < 0 ? classes.min().item<int64_t>() : classes.max().item<int64_t>(),
                    outputs.size(1));
  return at::cross_entropy_loss(outputs, classes, {}, at::Reduction::None);
}

at::Tensor soft_labels(const at::Tensor& outputs, const at::Tensor& values) {
  const at::Tensor logit = outputs.size(1) == 1 ? outputs.select(1, 0) : outputs.select(1, 1) - outputs.select(1, 0);
  return at::binary_cross_entropy_with_logits(logit, values, {}, {}, at::Reduction::None);
}

at::Tensor beta_binomial(const at::Tensor& outputs, const LossTargets& targets) {
  const at::Tensor a = at::softplus(outputs.select(1, 1)) + kLeastShape;
  const at::Tensor b = at::softplus(outputs.select(1, 0)) + kLeastShape;
  const at::Tensor &k = targets.values, &n = targets.trials;
  const auto log_beta = [](const at::Tensor& x, const at::Tensor& y) {
    return x.lgamma() + y.lgamma() - (x + y).lgamma();
  };
  const at::Tensor choose = (n + 1).lgamma() - (k + 1).lgamma() - (n - k + 1).lgamma();
  return -(choose + log_beta(k + a, n - k + b) - log_beta(a, b));
}

void need_outputs(LossKind kind, const at::Tensor& outputs, int64_t least, int64_t most) {
  if (outputs.size(1) < least || outputs.size(1) > most)
    throw bad_input(kInLosses, "loss '{}' needs a head of {}{} outputs, this one has {}", name_of_enum(kind), least,
                    least == most ? "" : fmt::format(" to {}", most), outputs.size(1));
}

}  // namespace

EnumNames<LossKind> enum_names(LossKind) {
  static constexpr std::pair<LossKind, std::string_view> names[] = {{LossKind::kCrossEntropy, "cross_entropy"},
                                                                    {LossKind::kSquaredError, "squared_error"},
                                                                    {LossKind::kSoftLabels, "soft_labels"},
                                                                    {LossKind::kBetaBinomial, "beta_binomial"}};
  return names;
}

at::Tensor losses(LossKind kind, const at::Tensor& outputs, const LossTargets& targets) {
  switch (kind) {
    case LossKind::kCrossEntropy:
      return cross_entropy(outputs, targets.values);
    case LossKind::kSquaredError:
      need_outputs(kind, outputs, 1, 1);
      return (outputs.select(1, 0) - targets.values).square();
    case LossKind::kSoftLabels:
      need_outputs(kind, outputs, 1, 2);
      return soft_labels(outputs, targets.values);
    case LossKind::kBetaBinomial:
      need_outputs(kind, outputs, 2, 2);
      return beta_binomial(outputs, targets);
  }
  throw failure(kInLosses, "unknown loss");
}

at::Tensor loss_sum(LossKind kind, const at::Tensor& outputs, const LossTargets& targets) {
  return losses(kind, outputs, targets).sum();
}

at::Tensor shifted_language_loss(const at::Tensor& logits, const at::Tensor& labels) {
  const at::Tensor before = logits.narrow(1, 0, logits.size(1) - 1).flatten(0, 1);
  return at::cross_entropy_loss(before, labels.narrow(1, 1, labels.size(1) - 1).flatten());
}

at::Tensor token_log_probabilities(const at::Tensor& logits, const at::Tensor& ids) {
  return at::log_softmax(logits, -1).gather(-1, ids.unsqueeze(-1)).squeeze(-1);
}

}  // namespace hrm::language
