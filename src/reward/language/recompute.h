// Activation checkpointing: a part of a network whose inner values are not kept for the backward pass but computed
// again when it comes.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace hrm::language {

// body(x). Of what body computes only x is kept. body must give the same bits each time it is called, and depend
// differentiably on nothing but x and the parameters, which must stay unchanged until the backward pass.
at::Tensor recompute(std::function<at::Tensor(const at::Tensor&)> body, const at::Tensor& x,
                     const std::vector<at::Tensor>& parameters);

}  // namespace hrm::language
