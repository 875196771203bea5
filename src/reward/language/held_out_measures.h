// What an evaluation over held-out examples measures, part by part: the mean loss, and of heads that score also
// accuracy (score against 0.5) and the area under the curve.
#pragma once

#include <vector>

#include "language/heads.h"
#include "language/packed_batch.h"
#include "training/run_loop.h"

namespace hrm::language {

class HeldOutMeasures {
 public:
  // REQUIRES: head outlives this.
  HeldOutMeasures(const Head& head, LossKind loss) : head_(head), loss_(loss) {}

  // outputs: [M,n] of the head at the batch's targets; weight: the sum of its weights.
  void add(const PackedBatch& batch, const at::Tensor& outputs, double weight);

  // Values "loss", "accuracy", "auc"; the score is -loss. Without accuracy and area if a score is not a number.
  training::EvaluationReport report() const;

 private:
  at::Tensor scores(const at::Tensor& outputs) const;

  const Head& head_;
  LossKind loss_;
  double loss_sum_ = 0, weight_ = 0;
  std::vector<double> scores_;
  std::vector<uint8_t> classes_;
};

}  // namespace hrm::language
