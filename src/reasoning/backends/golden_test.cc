#include "backends/testing/golden.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/rng.h"
#include "base/testing/paths.h"
#include "formats/safetensors.h"
#include "model/weights.h"

namespace hrm::backends {

namespace fs = std::filesystem;

const HostTensor& GoldenCase::at(const std::string& key) const {
  const auto found = tensors.find(key);
  if (found == tensors.end()) throw bad_input("golden", "{}: no tensor '{}'", name, key);
  return found->second;
}

NamedTensors GoldenCase::with_prefix(const std::string& prefix) const {
  NamedTensors some;
  for (const auto& [key, tensor] : tensors)
    if (key.starts_with(prefix)) some.emplace(key.substr(prefix.size()), tensor);
  return some;
}

std::vector<fs::path> find_golden_cases(GoldenKind kind) {
  std::vector<fs::path> cases;
  const fs::path shared = shared_folder() / "fixtures" / "reasoning";
  for (const fs::path& folder : {testdata_folder() / "golden", shared, shared / "mini"}) {
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const fs::path path = fs::path(entry.path()).replace_extension();
      if (entry.path().extension() != ".json" || !fs::exists(fs::path(path).concat(".safetensors"))) continue;
      const bool trained = read_json(entry.path()).contains("train");
      if (trained == (kind == GoldenKind::kTrained)) cases.push_back(path);
    }
  }
  std::ranges::sort(cases);
  return cases;
}

GoldenCase load_golden_case(const fs::path& path) {
  return {.name = path.filename().string(),
          .path = path,
          .json = read_json(fs::path(path).concat(".json")),
          .tensors = load_safetensors(fs::path(path).concat(".safetensors")).tensors};
}

model::ModelConfig golden_config(const Json& json, model::Precision precision) {
  const Json& config = json.at("config");
  model::ModelConfig model;
  // A case without slow blocks, or with TRM's keys, is a TRM: one net, gradient through the last cycle.
  const bool trm = config.value("H_layers", 0) == 0 || config.contains("mlp_t") || config.contains("puzzle_emb_len");
  if (trm) {
    model.arch.shared_net = model.arch.no_ACT_continue = true;
    model.arch.gradient = model::GradientSpan::kLastCycle;
  }
  Json arch = config;
  for (const char* key : {"batch_size", "seq_len", "num_puzzle_identifiers", "vocab_size", "forward_dtype"})
    arch.erase(key);
  const auto unknown = fields_from_json(model.arch, arch, "golden");
  if (!unknown.empty()) throw bad_input("golden", "unknown setting '{}'", unknown.front());
  if (json.contains("loss_type"))
    model.arch.loss.loss_type = parse_enum<model::LossType>(json.at("loss_type").get<std::string>(), "golden");
  model.arch.forward_dtype = precision;
  model.data = {config.at("seq_len"), config.at("vocab_size"), config.at("num_puzzle_identifiers")};
  return model;
}

model::OptimizerConfig golden_optimizer(const Json& train) {
  return {.lr = train.at("lr"),
          .weight_decay = train.at("weight_decay"),
          .beta1 = train.at("beta1"),
          .beta2 = train.at("beta2"),
          .puzzle_emb_lr = train.at("puzzle_emb_lr"),
          .puzzle_emb_weight_decay = train.at("puzzle_emb_weight_decay")};
}

model::Batch GoldenBatch::batch() const {
  return {.size = identifiers.size(), .inputs = inputs, .labels = labels, .puzzle_identifiers = identifiers};
}

GoldenBatch golden_batch(const GoldenCase& golden, const std::string& prefix) {
  const auto take = [&](const std::string& key) {
    const auto values = golden.at(prefix + key).as<int32_t>();
    return std::vector<int32_t>(values.begin(), values.end());
  };
  GoldenBatch batch{take("inputs"), take("labels"), {}};
  if (golden.has(prefix + "puzzle_identifiers"))
    batch.identifiers = take("puzzle_identifiers");
  else
    batch.identifiers.assign(static_cast<size_t>(golden.at(prefix + "inputs").shape()[0]), 0);
  return batch;
}

NamedTensors formula_weights(const model::ModelConfig& config, uint64_t seed) {
  NamedTensors weights;
  for (const model::Parameter& p : model::parameters(config)) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (char c : p.name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
    double stddev = 1 / std::sqrt(static_cast<double>(p.shape.back()));
    if (p.kind == model::ParameterKind::kBuffer) stddev = 1;
    if (p.name.ends_with("q_head.weight")) stddev = 0.05;
    if (p.name.ends_with("q_head.bias")) stddev = 0.1;
    if (p.name.ends_with("puzzle_emb.weights")) stddev = 0.5;
    HostTensor tensor(DType::kF32, p.shape);
    uint64_t i = 0;
    for (float& value : tensor.as<float>()) {
      const double u = static_cast<double>(splitmix64(hash + seed + i++) >> 40) * 0x1p-24;
      value = static_cast<float>((u - 0.5) * 2 * std::sqrt(3.0) * stddev);
    }
    weights.emplace(p.name, std::move(tensor));
  }
  return weights;
}

Deviation deviation(std::span<const float> mine, std::span<const float> golden) {
  if (mine.size() != golden.size()) throw bad_input("golden", "{} values against {}", mine.size(), golden.size());
  Deviation d;
  for (size_t i = 0; i < mine.size(); ++i) {
    const double difference = std::abs(double{mine[i]} - golden[i]);
    d.largest = std::isfinite(difference) ? std::max(d.largest, difference) : INFINITY;
    d.mean += difference / static_cast<double>(mine.size());
    d.scale = std::max(d.scale, std::abs(double{golden[i]}));
  }
  return d;
}

}  // namespace hrm::backends
