#include "language/affine.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <bit>

namespace hrm::language {
namespace {

using ::torch::autograd::AutogradContext;
using ::torch::autograd::variable_list;

constexpr int64_t kLeastWork = int64_t{1} << 21;  // M N K from which oneDNN's calls are worth their cost

using Scalars = c10::List<std::optional<at::Scalar>>;
using Product = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, std::string_view,
                           Scalars, std::optional<std::string_view>);

// ATen's oneDNN operator for dense tensors; null in a libtorch built without it.
const c10::TypedOperatorHandle<Product>* one_dnn() {
  static const auto found = [] {
    const auto handle = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
    return handle ? std::optional(handle->typed<Product>()) : std::nullopt;
  }();
  return found ? &*found : nullptr;
}

// a [M,K] b [N,K]^T + bias, either of any stride.
at::Tensor product(const at::Tensor& a, const at::Tensor& b, const std::optional<at::Tensor>& bias = {}) {
  return one_dnn()->call(a, b, bias, "none", Scalars(), "");
}

// oneDNN builds a kernel for each new M, which costs as much as several products: M is rounded up to one of eight
// sizes between powers of two. The rows added are zero.
at::Tensor padded(const at::Tensor& x) {
  const int64_t rows = x.size(0);
  const int64_t grain = std::max<int64_t>(16, static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(rows))) / 8);
  const int64_t missing = (grain - rows % grain) % grain;
  return missing == 0 || rows < 64 ? x.contiguous() : at::constant_pad_nd(x, {0, 0, 0, missing});
}

// The first `rows` rows of x W^T + bias.
at::Tensor first_rows(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                      int64_t rows) {
  return product(x, weight, bias).resize_({rows, weight.size(0)});
}

struct Affine : ::torch::autograd::Function<Affine> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias) {
    const at::Tensor rows = padded(x);
    context->save_for_backward({rows, weight});
    context->saved_data["biased"] = bias.has_value();
    return first_rows(rows, weight, bias, x.size(0));
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const at::Tensor g = padded(upstream[0]);
    variable_list found(3);
    if (context->needs_input_grad(0)) found[0] = first_rows(g, weight.t(), {}, upstream[0].size(0));
    if (context->needs_input_grad(1)) found[1] = product(g.t(), x.t());
    if (context->saved_data["biased"].toBool() && context->needs_input_grad(2)) found[2] = g.sum(0);
    return found;
  }
};

bool suits(const at::Tensor& x, const at::Tensor& weight) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.numel() * weight.size(0) >= kLeastWork && one_dnn();
}

}  // namespace

at::Tensor affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor w = weight.to(x.scalar_type());
  const std::optional<at::Tensor> b = bias.defined() ? std::optional(bias.to(x.scalar_type())) : std::nullopt;
  if (!suits(x, w)) return at::linear(x, w, b);
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = w.size(0);
  const at::Tensor rows = x.reshape({-1, w.size(1)});
  if (at::GradMode::is_enabled()) return Affine::apply(rows, w, b).view(shape);
  return first_rows(padded(rows), w, b, rows.size(0)).view(shape);
}

at::Tensor one_dnn_product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return first_rows(padded(x), weight, bias.defined() ? std::optional(bias) : std::nullopt, x.size(0));
}

}  // namespace hrm::language
