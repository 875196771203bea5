#include "solving/own_model.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "formats/foreign.h"
#include "formats/torch_pickle.h"
#include "model/weights.h"

namespace hrm::solving {
namespace {

constexpr std::string_view kInOwnModel = "model.load", kNumber = "yaml";
constexpr std::string_view kNaN = ".nan", kInfinity = ".inf", kMinusInfinity = "-.inf";

Json decode_numbers(const Json& value) {
  if (value.is_object() && value.size() == 1 && value.contains(kNumber) && value[kNumber].is_string()) {
    const auto text = value[kNumber].get<std::string>();
    if (text == kNaN) return std::numeric_limits<double>::quiet_NaN();
    if (text == kInfinity) return std::numeric_limits<double>::infinity();
    if (text == kMinusInfinity) return -std::numeric_limits<double>::infinity();
  }
  Json result = value;
  if (value.is_structured())
    for (auto item = result.begin(); item != result.end(); ++item) *item = decode_numbers(*item);
  return result;
}

}  // namespace

Json encode_numbers(const Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    const auto number = value.get<double>();
    return {{kNumber, std::isnan(number) ? kNaN : number < 0 ? kMinusInfinity : kInfinity}};
  }
  Json result = value;
  if (value.is_structured())
    for (auto item = result.begin(); item != result.end(); ++item) *item = encode_numbers(*item);
  return result;
}

void widen(NamedTensors& weights) {
  for (auto& [name, tensor] : weights)
    if (tensor.dtype() == DType::kBF16 || tensor.dtype() == DType::kF16 || tensor.dtype() == DType::kF64)
      tensor = tensor.to(DType::kF32);
}

model::ModelConfig read_config(const Json& json, std::string_view source, const ModelFileOptions& options) {
  model::ModelConfig config;
  const auto unknown = fields_from_json(config, json, source);
  if (!unknown.empty())
    throw bad_input(kInOwnModel, "{}: setting '{}' is unknown: was the file written by a newer version?", source,
                    unknown[0]);
  for (const std::string& setting : options.overrides) assign_field(config, setting);
  return config;
}

void check(const ModelFile& model, std::string_view source) {
  model.config.validate();
  model::check_weights(model.config, model.weights, source);
}

void refuse_foreign(std::span<const std::byte> bytes, std::string_view source) {
  if (const std::string what = describe_foreign(bytes, source); !what.empty())
    throw bad_input(kInOwnModel, "{}: {}; expected a checkpoint of torch.save or a safetensors file", source, what);
}

ModelFile own_model(Safetensors file, std::string_view source, const ModelFileOptions& options) {
  const auto json = [&](const char* key) {
    const auto found = file.metadata.find(key);
    return found == file.metadata.end() ? Json() : parse_json(found->second, fmt::format("{}: {}", source, key));
  };
  ModelFile model{.config = read_config(json("config"), source, options),
                  .weights = std::move(file.tensors),
                  .family = json("family"),
                  .provenance = decode_numbers(json("provenance"))};
  widen(model.weights);
  return model;
}

ModelFile parse_model(std::span<const std::byte> bytes, std::string_view source) {
  constexpr std::string_view kWayOut = "hrm convert writes it as a model file, which opens here";
  refuse_foreign(bytes, source);
  if (looks_like_torch(bytes)) throw bad_input(kInOwnModel, "{}: is a checkpoint of torch.save: {}", source, kWayOut);
  Safetensors file = parse_safetensors(bytes, source);
  if (file.metadata.contains("state"))
    throw bad_input(kInOwnModel, "{}: is a training checkpoint: {}", source, kWayOut);
  if (!file.metadata.contains("config"))
    throw bad_input(kInOwnModel, "{}: has tensors but no configuration: {}", source, kWayOut);
  ModelFile model = own_model(std::move(file), source, {});
  check(model, source);
  return model;
}

}  // namespace hrm::solving
