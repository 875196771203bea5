#include "language/frozen_affine.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/cpu/Utils.h>

#include "language/affine.h"

namespace hrm::language {
namespace {

constexpr int64_t kLeastNumbers = int64_t{1} << 17;  // of a weight, from which oneDNN's calls are worth their cost
constexpr int64_t kUsualRows = 64;                   // that a weight is laid out for; it serves any number
constexpr double kLargestHalf = 65504;

using PackFloat = at::Tensor(const at::Tensor&, std::optional<int64_t>);
using PackHalf = c10::intrusive_ptr<LinearPackedParamsBase>(at::Tensor, std::optional<at::Tensor>);

// Null in a libtorch built without it.
template <typename Signature>
const c10::TypedOperatorHandle<Signature>* packer(const char* name) {
  static const auto found = [&] {
    const auto handle = c10::Dispatcher::singleton().findSchema({name, ""});
    return handle ? std::optional(handle->typed<Signature>()) : std::nullopt;
  }();
  return found ? &*found : nullptr;
}

const c10::TypedOperatorHandle<PackFloat>* pack_float() { return packer<PackFloat>("mkldnn::_reorder_linear_weight"); }

const c10::TypedOperatorHandle<PackHalf>* pack_half() { return packer<PackHalf>("quantized::linear_prepack_fp16"); }

bool has_only_float32() {
  static const bool answer = [] {
    const auto all = at::cpu::get_cpu_capabilities();
    const auto has = [&](const char* name) {
      const auto at = all.find(name);
      return at != all.end() && at->second.isBool() && at->second.toBool();
    };
    return has("avx2") && has("f16c") && !has("avx512_bf16") && !has("amx_bf16");
  }();
  return answer;
}

}  // namespace

Layout frozen_layout(at::ScalarType compute, at::Device device) {
  if (!device.is_cpu()) return Layout::kPlain;
  if (compute == at::kFloat) return pack_float() ? Layout::kFloat : Layout::kPlain;
  return compute == at::kBFloat16 && has_only_float32() && pack_half() ? Layout::kHalf : Layout::kPlain;
}

FrozenAffine::FrozenAffine(const at::Tensor& weight, const at::Tensor& bias, Layout layout) : outputs_(weight.size(0)) {
  if (layout == Layout::kPlain) {
    weight_ = weight;
    bias_ = bias;
    return;
  }
  const at::Tensor w = weight.to(at::kFloat).contiguous();
  if (bias.defined()) bias_ = bias.to(at::kFloat);
  if (layout == Layout::kHalf && at::amax(w.abs()).item<double>() <= kLargestHalf) {
    half_ = pack_half()->call(w, bias_.defined() ? std::optional(bias_) : std::nullopt);
    return;
  }
  packed_ = w.numel() >= kLeastNumbers && pack_float();
  weight_ = packed_ ? pack_float()->call(w, kUsualRows) : w;
}

at::Tensor FrozenAffine::operator()(const at::Tensor& x) const {
  if (half_) return half_->apply_dynamic(x);
  if (!packed_) return affine(x, weight_, bias_);
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = outputs_;
  return one_dnn_product(x.reshape({-1, x.size(-1)}), weight_, bias_).view(shape);
}

}  // namespace hrm::language
