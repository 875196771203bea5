#include "language/policy_loss.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "language/losses.h"

namespace hrm::language {
namespace {

PolicyLoss together(at::Tensor cross_entropy, at::Tensor kl, double weight) {
  // Rounding can make a vanishing KL negative; its logarithm stays finite.
  at::Tensor total = cross_entropy + weight * at::log1p(kl);
  return {.cross_entropy = std::move(cross_entropy), .kl = std::move(kl), .total = std::move(total)};
}

}  // namespace

at::Tensor kl_divergence(const at::Tensor& teacher, const at::Tensor& student) {
  const at::Tensor reference = at::log_softmax(teacher.detach(), -1);
  return (reference.exp() * (reference - at::log_softmax(student, -1))).sum(-1);
}

PolicyLoss policy_loss(const at::Tensor& student, const at::Tensor& teacher, const at::Tensor& targets, double weight) {
  return together(at::cross_entropy_loss(student, targets), kl_divergence(teacher, student).mean(), weight);
}

PolicyLoss published_policy_loss(const at::Tensor& student, const at::Tensor& labels,
                                 std::span<const at::Tensor> teachers, double weight) {
  int64_t longest = 0;
  for (const at::Tensor& teacher : teachers) longest = std::max(longest, teacher.size(0));
  std::vector<at::Tensor> padded;
  for (const at::Tensor& teacher : teachers)
    padded.push_back(at::constant_pad_nd(teacher, {0, 0, 0, longest - teacher.size(0)}));
  const auto rows = static_cast<int64_t>(teachers.size());
  return together(shifted_language_loss(student, labels),
                  kl_divergence(at::stack(padded), student.narrow(1, 0, longest)).sum() / rows, weight);
}

}  // namespace hrm::language
