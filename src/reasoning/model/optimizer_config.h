// Which update rules a training run uses; the rules themselves belong to the backend.
//
//   AdamATan2 (arXiv 2407.05872, as the authors run it), on every parameter, t = 1..:
//     p <- p (1 - lr wd);  m, v as Adam's;  p <- p - lr / (1 - beta1^t) * atan2(m, sqrt(v / (1 - beta2^t)))
//   Muon (Jordan 2024), on the matrices inside the blocks; AdamATan2 keeps embeddings, heads and vectors:
//     u <- momentum u + g;  p <- p (1 - lr wd) - lr * sqrt(max(1, rows / columns)) * orthogonalize(g + momentum u)
//     gate and up, which share one parameter, and so q, k and v, are separate matrices
//   Sign SGD, on the rows of the puzzle table seen in the batch, their gradients summed:
//     p <- p (1 - lr wd) - lr * sign(g)
//   EMA: average <- rate * average + (1 - rate) * p after every step.
#pragma once

#include <cstdint>

#include "base/fields.h"

namespace hrm::model {

enum class OptimizerKind { kAdamAtan2, kMuon };
EnumNames<OptimizerKind> enum_names(OptimizerKind);

struct OptimizerConfig {
  OptimizerKind optimizer = OptimizerKind::kAdamAtan2;
  double lr = 1e-4, weight_decay = 1.0, beta1 = 0.9, beta2 = 0.95;
  double puzzle_emb_lr = 1e-4, puzzle_emb_weight_decay = 1.0;
  double muon_lr = 0.01, muon_momentum = 0.95, muon_weight_decay = 0.0;
  double grad_clip = 0;

  static void fields(auto& self, auto&& field) {
    field("optimizer", self.optimizer, "adam_atan2, or muon for the blocks' matrices with adam_atan2 for the rest");
    field("lr", self.lr, "learning rate of AdamATan2");
    field("weight_decay", self.weight_decay, "decoupled weight decay of AdamATan2");
    field("beta1", self.beta1, "decay of the first moment");
    field("beta2", self.beta2, "decay of the second moment");
    field("puzzle_emb_lr", self.puzzle_emb_lr, "learning rate of the puzzle table (sign SGD)");
    field("puzzle_emb_weight_decay", self.puzzle_emb_weight_decay, "decoupled weight decay of the puzzle table");
    field("muon_lr", self.muon_lr, "learning rate of Muon");
    field("muon_momentum", self.muon_momentum, "momentum of Muon (Nesterov)");
    field("muon_weight_decay", self.muon_weight_decay, "decoupled weight decay of Muon");
    field("grad_clip", self.grad_clip, "largest gradient norm; 0: no clipping");
  }
  void validate() const;
};

}  // namespace hrm::model
