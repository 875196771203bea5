// Golden cases of the authors' programs: a .safetensors with tensors and a .json with the configuration. Test code
// only. $HRM_SHARED/fixtures/reasoning/README.md describes them; three small ones are in testdata/golden.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/tensor.h"
#include "model/backend.h"
#include "model/config.h"
#include "model/optimizer_config.h"

namespace hrm::backends {

struct GoldenCase {
  std::string name;
  std::filesystem::path path;  // without extension
  Json json;
  NamedTensors tensors;

  const HostTensor& at(const std::string& key) const;  // fails the test where absent
  bool has(const std::string& key) const { return tensors.contains(key); }
  // All tensors whose key begins with the prefix, without it.
  NamedTensors with_prefix(const std::string& prefix) const;
};

// The kinds of files that lie beside each other, distinguished by their content.
enum class GoldenKind { kTrained, kPublishedShape };

// Every case of that kind in testdata/golden and, where present, $HRM_SHARED/fixtures/reasoning (and its mini/).
std::vector<std::filesystem::path> find_golden_cases(GoldenKind kind);
GoldenCase load_golden_case(const std::filesystem::path& without_extension);

// The configuration of a case: "config" and "loss_type" of its JSON, in the authors' keys.
model::ModelConfig golden_config(const Json& json, model::Precision precision);
model::OptimizerConfig golden_optimizer(const Json& train);

// A batch over tensors of the case, "<prefix>inputs" etc.; keeps the element buffers alive.
struct GoldenBatch {
  std::vector<int32_t> inputs, labels, identifiers;
  model::Batch batch() const;
};
GoldenBatch golden_batch(const GoldenCase& golden, const std::string& prefix);

// Weights by the fixtures' formula from the name, the index and a seed (their README, "Published shapes").
NamedTensors formula_weights(const model::ModelConfig& config, uint64_t seed);

struct Deviation {
  double largest = 0, mean = 0, scale = 0;  // |a - b|, and the largest |b|
};
Deviation deviation(std::span<const float> mine, std::span<const float> golden);
inline Deviation deviation(const HostTensor& mine, const HostTensor& golden) {
  return deviation(mine.as<float>(), golden.as<float>());
}

}  // namespace hrm::backends
