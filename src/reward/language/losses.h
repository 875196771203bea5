// Losses at chosen positions. M positions; one loss for each, differentiable: sums of them over parts of a batch give
// the gradients of the batch taken whole.
//
//   cross entropy    -log softmax(outputs)[target]                              a token, or one of two classes
//   squared error    (output - target)^2                                        on the raw score (tree labels)
//   soft labels      -(t log p + (1 - t) log(1 - p)), p the head's probability  targets between 0 and 1
//   Beta-Binomial    -log P(k successes of n | a, b)                            counts of rollouts; score a / (a + b)
//
// Of the two outputs of Beta-Binomial the second gives a, the weight of successes, and the first b, as class 1 is the
// right one elsewhere: a = softplus(outputs[1]) + 0.001, b = softplus(outputs[0]) + 0.001.
#pragma once

#include <ATen/core/Tensor.h>

#include "base/fields.h"

namespace hrm::language {

enum class LossKind { kCrossEntropy, kSquaredError, kSoftLabels, kBetaBinomial };
EnumNames<LossKind> enum_names(LossKind);

struct LossTargets {
  at::Tensor values;  // [M] f32: a class, a score, a probability, or the number of successes
  at::Tensor trials;  // [M] f32: rollouts of kBetaBinomial; undefined for the others
};

// outputs: [M,n] f32. Two outputs of kSoftLabels are two classes, one is a logit. Throws bad_input if the kind does not
// fit the number of outputs, or a class is not among them.
at::Tensor losses(LossKind kind, const at::Tensor& outputs, const LossTargets& targets);    // [M]
at::Tensor loss_sum(LossKind kind, const at::Tensor& outputs, const LossTargets& targets);  // their sum

// Hugging Face's language-model loss, for comparison: mean of -log p(labels[b,t+1]) at t over labels that are not
// -100. logits: [B,T,V] f32; labels: [B,T] i64.
at::Tensor shifted_language_loss(const at::Tensor& logits, const at::Tensor& labels);

// log softmax(logits)[ids]. logits: [..,V] f32; ids: [..] i64.
at::Tensor token_log_probabilities(const at::Tensor& logits, const at::Tensor& ids);

}  // namespace hrm::language
