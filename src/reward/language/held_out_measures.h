// What an evaluation over held-out examples measures, part by part: the mean loss, and of heads that score also
// accuracy (score against 0.5) and the area under the curve. Several processes measure a part each in turn.
#pragma once

#include <vector>

#include "language/heads.h"
#include "language/packed_batch.h"
#include "training/collective.h"
#include "training/run_loop.h"

namespace hrm::language {

class HeldOutMeasures {
 public:
  // REQUIRES: head outlives this.
  HeldOutMeasures(const Head& head, LossKind loss) : head_(head), loss_(loss) {}

  // outputs: [M,n] of the head at the batch's targets; weight: the sum of its weights.
  void add(const PackedBatch& batch, const at::Tensor& outputs, double weight);

  // Those of all processes, where part i was added by process i mod their number: as if one had added all in order.
  void gather(training::Collective& all);
  // Values "loss", "accuracy", "auc"; the score is -loss. Without accuracy and area if a score is not a number.
  training::EvaluationReport report() const;

 private:
  at::Tensor scores(const at::Tensor& outputs) const;

  const Head& head_;
  LossKind loss_;
  // [part] loss sum, weight, then a score and a class in turn
  std::vector<std::vector<double>> parts_;
};

}  // namespace hrm::language
