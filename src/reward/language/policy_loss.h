// Self-training of a policy on its own good trajectories (arXiv 2503.13551, section 4.3): cross entropy, held near the
// frozen policy that it started from,
//
//   loss = CE + weight * log(1 + KL(teacher || student)),   KL = sum over v of p_teacher(v) log(p_teacher / p_student)
//
// The logarithm bounds the growth of the penalty, so the student can leave its teacher where the data require it.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

namespace hrm::language {

// KL(teacher || student) of each position: [M,V] f32 logits in, [M] out. The teacher gets no gradient.
at::Tensor kl_divergence(const at::Tensor& teacher, const at::Tensor& student);

// Scalars; total is differentiable in the student's logits.
struct PolicyLoss {
  at::Tensor cross_entropy, kl, total;
};

// Sound: both terms are means over M chosen positions, which leave prompts and padding out. student, teacher: [M,V] f32
// logits; targets: [M] i64, the token that follows each position. The teacher gets no gradient. REQUIRES: M >= 1.
PolicyLoss policy_loss(const at::Tensor& student, const at::Tensor& teacher, const at::Tensor& targets, double weight);

// Faithful: what the published function computes, kept to compare with it.
//   - CE is the mean over all positions but the last of each row, prompt and padding too, against labels[b,t+1], where
//     `labels` are already shifted once: the target of position t is token t + 2;
//   - KL is summed over positions and divided by the number of rows. Rows are cut to the longest teacher's length, and
//     a shorter teacher continues with equal logits: a uniform distribution.
// student: [B,T,V] f32; labels: [B,T] i64; teachers: B tensors [L_b,V], L_b <= T.
PolicyLoss published_policy_loss(const at::Tensor& student, const at::Tensor& labels,
                                 std::span<const at::Tensor> teachers, double weight);

}  // namespace hrm::language
