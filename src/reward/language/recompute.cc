#include "language/recompute.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

namespace hrm::language {
namespace {

using Body = std::function<at::Tensor(const at::Tensor&)>;
using ::torch::autograd::AutogradContext;
using ::torch::autograd::variable_list;

struct HeldBody : torch::CustomClassHolder {
  explicit HeldBody(Body given) : body(std::move(given)) {}
  Body body;
};

struct Recompute : ::torch::autograd::Function<Recompute> {
  static at::Tensor forward(AutogradContext* context, const c10::intrusive_ptr<HeldBody>& held, const at::Tensor& x,
                            at::TensorList parameters) {
    context->saved_data["body"] = c10::IValue::make_capsule(held);
    variable_list saved = {x};
    saved.insert(saved.end(), parameters.begin(), parameters.end());
    context->save_for_backward(std::move(saved));
    return held->body(x);
  }

  // One gradient per argument of forward: none for the body.
  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const auto held = c10::static_intrusive_pointer_cast<HeldBody>(context->saved_data["body"].toCapsule());
    const variable_list saved = context->get_saved_variables();
    const at::AutoGradMode with_grad(true);
    variable_list inputs = {saved[0].detach().requires_grad_(saved[0].requires_grad())};
    inputs.insert(inputs.end(), saved.begin() + 1, saved.end());
    const at::Tensor y = held->body(inputs[0]);
    variable_list wanted;
    for (const at::Tensor& input : inputs)
      if (input.requires_grad()) wanted.push_back(input);
    const variable_list found = ::torch::autograd::grad({y}, wanted, {upstream[0]}, /*retain_graph=*/std::nullopt,
                                                        /*create_graph=*/false, /*allow_unused=*/true);
    variable_list all = {at::Tensor()};
    size_t next = 0;
    for (const at::Tensor& input : inputs) all.push_back(input.requires_grad() ? found[next++] : at::Tensor());
    return all;
  }
};

}  // namespace

at::Tensor recompute(Body body, const at::Tensor& x, const std::vector<at::Tensor>& parameters) {
  return Recompute::apply(c10::make_intrusive<HeldBody>(std::move(body)), x, at::TensorList(parameters));
}

}  // namespace hrm::language
