#include "language/kv_cache.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace hrm::language {
namespace {

// [B,KV,C,W] with room for at least `wanted` tokens; contents and rows kept. `like`: shape of a first one.
void grow(at::Tensor& tensor, int64_t wanted, const at::Tensor& like) {
  const int64_t have = tensor.defined() ? tensor.size(2) : 0;
  if (have >= wanted) return;
  const int64_t capacity = have == 0 ? wanted : std::max(wanted, have + have / 2 + 16);
  const int64_t rows = have == 0 ? like.size(0) : tensor.size(0);
  at::Tensor larger = at::zeros({rows, like.size(1), capacity, like.size(3)}, like.options());
  if (have > 0) larger.narrow(2, 0, have).copy_(tensor);
  tensor = larger;
}

void write(at::Tensor& to, const at::Tensor& values, const KvCache::Step& step) {
  grow(to, step.used, values);
  if (step.aligned) {
    to.narrow(2, step.used - step.tokens, step.tokens).copy_(values);
    return;
  }
  const at::Tensor rows = at::arange(to.size(0), step.slots.options()).unsqueeze(1);
  to.transpose(1, 2).index_put_({rows, step.slots}, values.transpose(1, 2));
}

at::Tensor joined(const at::Tensor& prefix, const at::Tensor& own) {
  if (!prefix.defined()) return own.clone();
  return own.size(2) == 0 ? prefix : at::cat({prefix, own}, 2);
}

}  // namespace

KvCache KvCache::branch(int64_t row, int64_t rows) const {
  KvCache child(rows);
  child.prefix_ = length(row);
  const int64_t own = lengths_[static_cast<size_t>(row)];
  for (const Layer& layer : layers_) {
    if (child.prefix_ == 0) break;
    const auto part = [&](const at::Tensor& all) { return all.narrow(0, row, 1).narrow(2, 0, own); };
    const bool fresh = !layer.k.defined();
    child.layers_.push_back({.prefix_k = fresh ? layer.prefix_k : joined(layer.prefix_k, part(layer.k)),
                             .prefix_v = fresh ? layer.prefix_v : joined(layer.prefix_v, part(layer.v)),
                             .k = {},
                             .v = {}});
  }
  return child;
}

void KvCache::keep(std::span<const int64_t> rows) {
  std::vector<int64_t> lengths;
  for (const int64_t row : rows) lengths.push_back(lengths_[static_cast<size_t>(row)]);
  for (Layer& layer : layers_) {
    if (!layer.k.defined()) continue;
    const at::Tensor index = at::tensor(at::IntArrayRef(rows.data(), rows.size()), at::kLong).to(layer.k.device());
    layer.k = layer.k.index_select(0, index);
    layer.v = layer.v.index_select(0, index);
  }
  lengths_ = std::move(lengths);
}

void KvCache::adopt(const KvCache& other, std::span<const int64_t> slots) {
  const int64_t rows = std::max(this->rows(), *std::ranges::max_element(slots) + 1);
  const int64_t used = *std::ranges::max_element(other.lengths_);
  lengths_.resize(static_cast<size_t>(rows), 0);
  for (size_t i = 0; i < slots.size(); ++i) lengths_[static_cast<size_t>(slots[i])] = other.lengths_[i];
  layers_.resize(other.layers_.size());
  const at::Tensor index = at::tensor(at::IntArrayRef(slots.data(), slots.size()), at::kLong);
  const auto take = [&](at::Tensor& to, const at::Tensor& from) {
    const at::Tensor read = from.narrow(2, 0, used);
    grow(to, used, read);
    if (const int64_t missing = rows - to.size(0); missing > 0) {
      std::vector<int64_t> shape = to.sizes().vec();
      shape[0] = missing;
      to = at::cat({to, at::zeros(shape, to.options())}, 0);
    }
    to.narrow(2, 0, used).index_copy_(0, index.to(to.device()), read);
  };
  for (size_t i = 0; i < layers_.size(); ++i) {
    take(layers_[i].k, other.layers_[i].k);
    take(layers_[i].v, other.layers_[i].v);
  }
}

void KvCache::truncate(int64_t row, int64_t length) { lengths_[static_cast<size_t>(row)] = length - prefix_; }

KvCache::Step KvCache::begin(int64_t tokens, at::Device device, at::ScalarType type) const {
  const auto [shortest, longest] = std::ranges::minmax(lengths_);
  Step step{.tokens = tokens,
            .used = longest + tokens,
            .causal = longest == 0 && prefix_ == 0,
            .aligned = shortest == longest};
  const at::Tensor lengths = at::tensor(at::IntArrayRef(lengths_), at::kLong).to(device);
  step.slots = lengths.unsqueeze(1) + at::arange(tokens, lengths.options());
  step.positions = step.slots + prefix_;
  if (!step.causal && !(tokens == 1 && step.aligned)) {
    const at::Tensor hidden = (at::arange(step.used, lengths.options()) > step.slots.unsqueeze(-1)).unsqueeze(1);
    step.mask = at::zeros(hidden.sizes(), lengths.options().dtype(type)).masked_fill_(hidden, -INFINITY);
  }
  return step;
}

void KvCache::finish(std::span<const int64_t> counts) {
  for (size_t row = 0; row < lengths_.size(); ++row) lengths_[row] += counts[row];
}

KvCache::Layer KvCache::append(size_t layer, const at::Tensor& k, const at::Tensor& v, const Step& step) {
  if (layers_.size() <= layer) layers_.resize(layer + 1);
  Layer& held = layers_[layer];
  write(held.k, k, step);
  write(held.v, v, step);
  return {held.prefix_k, held.prefix_v, held.k.narrow(2, 0, step.used), held.v.narrow(2, 0, step.used)};
}

}  // namespace hrm::language
