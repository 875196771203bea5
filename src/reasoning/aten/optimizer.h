// The update rules of model/optimizer_config.h in plain ATen operations.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "model/optimizer_config.h"
#include "model/weights.h"

namespace hrm::aten {

struct UpdateOptions {
  double lr_factor = 1;
  double ema_rate = 0;  // 0: the average follows the weights
};

// Updates parameters in place and keeps moments and the moving average beside them.
class Optimizer {
 public:
  // parameters: what is trained by gradient (no buffers, no puzzle table), leaf tensors that stay the caller's.
  struct Slot {
    std::string name;
    model::ParameterKind kind;
    at::Tensor parameter;
  };
  Optimizer(const model::OptimizerConfig& config, std::vector<Slot> slots);

  // gradients: one per slot, f32, of loss / global batch; scaled in place by the clipping factor.
  // gradient_norm: their common 2-norm.
  void step(std::span<at::Tensor> gradients, double gradient_norm, const UpdateOptions& options);

  // Sign SGD on the rows `ids` [B] of table [rows,E] with gradients [B,E], duplicates summed first.
  void step_puzzle_rows(at::Tensor& table, const at::Tensor& ids, const at::Tensor& gradients, double lr_factor) const;

  // Moving averages by parameter name; the parameters themselves if none has been kept.
  std::map<std::string, at::Tensor> average() const;

  // "average.<name>", "first_moment.<name>", "second_moment.<name>", "momentum.<name>", "step".
  NamedTensors state() const;
  void set_state(const NamedTensors& state);  // throws bad_input naming what is missing, unknown or misshapen

 private:
  struct Moments {
    at::Tensor first, second;  // AdamATan2's; Muon keeps its momentum in `first` and has no `second`
    at::Tensor average;        // undefined until an EMA rate above 0 is used
  };
  bool uses_muon(const Slot& slot) const;

  model::OptimizerConfig config_;
  std::vector<Slot> slots_;
  std::vector<Moments> moments_;
  int64_t step_ = 0;
};

// The matrix with its singular values moved toward 1: five Newton-Schulz steps X <- a X + (b A + c A A) X, A = X X^T,
// (a, b, c) = (3.4445, -4.7750, 2.0315), on X / |X| (Jordan et al., Muon, 2024). matrix: [m,n].
at::Tensor orthogonalize(const at::Tensor& matrix);

}  // namespace hrm::aten
