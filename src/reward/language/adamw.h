// AdamW as PyTorch defines it (Loshchilov and Hutter, arXiv 1711.05101), with the gradient's norm clipped:
//
//   g <- g min(1, max_grad_norm / (|g| + 1e-6))                       |g| over all parameters
//   p <- p (1 - lr weight_decay)                                      where the decay rule says so
//   m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2
//   p <- p - lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps)
#pragma once

#include <vector>

#include "base/tensor.h"
#include "language/parameters.h"

namespace hrm::language {

enum class DecayRule {
  kAll,
  kTrainer,  // gains of norms and biases are not decayed, as in Hugging Face's trainer
};
EnumNames<DecayRule> enum_names(DecayRule);

struct AdamWConfig {
  double lr = 1e-5, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0.01;
  DecayRule decay_rule = DecayRule::kTrainer;
  double max_grad_norm = 1;

  static void fields(auto& self, auto&& field) {
    field("lr", self.lr, "learning rate at the end of the warm-up");
    field("beta1", self.beta1, "decay of the mean of gradients");
    field("beta2", self.beta2, "decay of the mean of their squares");
    field("eps", self.eps, "added to the root of the mean square");
    field("weight_decay", self.weight_decay, "decoupled weight decay");
    field("decay_rule", self.decay_rule, "all, or trainer: not gains of norms and biases");
    field("max_grad_norm", self.max_grad_norm, "clip the gradient norm to this; 0: never");
  }
  void validate() const;  // throws bad_input
};

// |g| over all of them. Its rounding depends on the number of threads.
double gradient_norm(const std::vector<at::Tensor>& gradients);

class AdamW {
 public:
  // parameters: f32 leaf tensors, updated in place; they stay the caller's.
  AdamW(const AdamWConfig& config, NamedParameters parameters);

  // gradients: one per parameter in the order of their names, scaled in place by the clipping factor. norm: their |g|;
  // if it is not finite, nothing is changed.
  void step(std::vector<at::Tensor>& gradients, double norm, double lr_factor);

  const NamedParameters& parameters() const { return parameters_; }
  NamedTensors state() const;                 // "first_moment.<name>", "second_moment.<name>", "step"
  void set_state(const NamedTensors& state);  // throws bad_input naming what is missing or misshapen

 private:
  void update(const std::vector<at::Tensor>& gradients, double lr, bool decayed);
  bool decays(std::string_view name) const;

  AdamWConfig config_;
  NamedParameters parameters_;
  std::vector<at::Tensor> first_, second_;
  int64_t step_ = 0;
};

}  // namespace hrm::language
