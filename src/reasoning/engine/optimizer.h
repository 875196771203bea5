// The update rules of model/optimizer_config.h on flat parameters: one pass over weights, moments and average.
//
// Results do not depend on the number of threads.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "engine/parameter_layout.h"
#include "kernels/buffer.h"
#include "model/optimizer_config.h"

namespace hrm::engine {

struct UpdateOptions {
  double lr_factor = 1;
  double ema_rate = 0;  // 0: the average follows the weights
  size_t threads = 1;
};

class Optimizer {
 public:
  // REQUIRES: layout outlives this object. Throws bad_input on an invalid configuration.
  Optimizer(const model::OptimizerConfig& config, const ParameterLayout& layout);

  // weights: [layout.size()], the trained ones are updated. gradient: [layout.trained_size()], of loss / global batch,
  // used up. gradient_norm: its 2-norm.
  void step(std::span<float> weights, std::span<float> gradient, double gradient_norm, const UpdateOptions& options);

  // Sign SGD on the rows `ids` [B] of the puzzle table with gradients [B,E], duplicates summed first.
  void step_puzzle_rows(std::span<float> weights, std::span<const int32_t> ids, std::span<const float> gradients,
                        double lr_factor) const;

  // Weights with the trained ones replaced by their average; weights themselves if none has been kept.
  kernels::Buffer<float> averaged(std::span<const float> weights) const;

  // "average.<name>", "first_moment.<name>", "second_moment.<name>", "momentum.<name>", "step": as aten's.
  NamedTensors state() const;
  void set_state(const NamedTensors& state);  // throws bad_input naming what is missing, unknown or misshapen

 private:
  bool uses_muon(size_t i) const;
  struct Update {
    std::span<float> weights, gradient;  // flat
    double scale, lr_factor;             // of the gradient, of the learning rates
  };
  void adam_step(size_t i, const Update& update);
  void muon_step(size_t i, const Update& update);

  model::OptimizerConfig config_;
  const ParameterLayout& layout_;
  kernels::Buffer<float> first_, second_;  // [trained]; Muon keeps its momentum in `first`, `second` stays unused
  kernels::Buffer<float> average_;         // [trained], empty until an EMA rate above 0 is used
  int64_t step_ = 0;
};

// The matrix with its singular values moved toward 1: five Newton-Schulz steps X <- a X + (b A + c A A) X, A = X X^T,
// (a, b, c) = (3.4445, -4.7750, 2.0315), on X / |X| (Jordan et al., Muon, 2024). matrix: [rows, columns], in place.
void orthogonalize(std::span<float> matrix, size_t rows, size_t columns);

}  // namespace hrm::engine
