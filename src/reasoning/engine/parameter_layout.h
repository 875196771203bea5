// The position of each parameter in one flat float array. Weights, moments and gradients have this form, so that an
// optimizer or a sum over threads is one loop.
//
// Order: what gradients train, then the puzzle table, then the buffers.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "engine/dims.h"
#include "model/weights.h"

namespace hrm::engine {

// Index into ParameterLayout::parameters(); kNone if the configuration has no such parameter.
inline constexpr size_t kNone = SIZE_MAX;

struct BlockIndex {
  size_t mixer_in, mixer_out;  // model::mixer_names; a convolution has no mixer_out
  size_t gate_up, down;        // mlp
};

struct ModelIndex {
  std::vector<BlockIndex> H, L;  // the same blocks for a shared net
  size_t H_init, L_init, embed_tokens, embed_pos, lm_head, q_weight, q_bias, puzzle_emb;
};

// One parameter matrix: row-major, rows one after the other.
struct MatrixView {
  const float* data = nullptr;
  size_t rows = 0, columns = 0;  // of a layer's weight: output and input features
};

class ParameterLayout {
 public:
  explicit ParameterLayout(const model::ModelConfig& config);

  const std::vector<model::Parameter>& parameters() const { return parameters_; }
  const ModelIndex& index() const { return index_; }
  size_t size() const { return size_; }                     // numbers in all parameters
  size_t trained() const { return trained_; }               // parameters [0, trained) get gradients ...
  size_t trained_size() const { return offset(trained_); }  // ... and fill so many numbers
  size_t offset(size_t i) const { return offsets_[i]; }
  size_t count(size_t i) const { return offsets_[i + 1] - offsets_[i]; }
  size_t rows(size_t i) const { return static_cast<size_t>(parameters_[i].shape.front()); }
  size_t columns(size_t i) const { return count(i) / rows(i); }

  template <typename T>
  std::span<T> slice(std::span<T> all, size_t i) const {
    return all.subspan(offset(i), count(i));
  }

  MatrixView matrix(std::span<const float> all, size_t i) const {
    return {all.data() + offset(i), rows(i), columns(i)};
  }

  // Of a shared net: L serves as H.
  bool shared_net() const { return shared_net_; }

  // REQUIRES: check_weights(config, weights) passes.
  void import_weights(const NamedTensors& weights, std::span<float> all) const;
  NamedTensors export_weights(std::span<const float> all) const;

 private:
  std::vector<model::Parameter> parameters_;
  std::vector<size_t> offsets_;
  ModelIndex index_;
  size_t size_ = 0, trained_ = 0;
  bool shared_net_ = false;
};

// A model's weights in that form.
struct FlatWeights {
  const Dims& dims;
  const ParameterLayout& layout;
  std::span<const float> values;

  MatrixView matrix(size_t i) const { return layout.matrix(values, i); }
};

}  // namespace hrm::engine
