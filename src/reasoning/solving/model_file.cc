#include "solving/model_file.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "formats/foreign.h"
#include "formats/safetensors.h"
#include "formats/torch_pickle.h"
#include "formats/yaml.h"
#include "model/weights.h"
#include "solving/authors_config.h"
#include "solving/model_folder.h"
#include "solving/state_dicts.h"
#include "training/checkpoint.h"

namespace hrm::solving {
namespace {

namespace fs = std::filesystem;
using model::ModelConfig;

constexpr std::string_view kWhere = "model.load";
constexpr std::string_view kCompiled = "_orig_mod.";  // torch.compile's wrapper
constexpr const char* kConfigFile = "all_config.yaml";
constexpr std::string_view kStep = "step_";

void widen(NamedTensors& weights) {
  for (auto& [name, tensor] : weights)
    if (tensor.dtype() == DType::kBF16 || tensor.dtype() == DType::kF16 || tensor.dtype() == DType::kF64)
      tensor = tensor.to(DType::kF32);
}

// JSON has no infinities and no NaN, all_config.yaml may: {"yaml": ".inf"} stands for such a number in our files.
Json encode_numbers(const Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    const auto number = value.get<double>();
    return {{"yaml", std::isnan(number) ? ".nan" : number < 0 ? "-.inf" : ".inf"}};
  }
  Json result = value;
  if (value.is_structured())
    for (auto item = result.begin(); item != result.end(); ++item) *item = encode_numbers(*item);
  return result;
}
Json decode_numbers(const Json& value) {
  if (value.is_object() && value.size() == 1 && value.contains("yaml") && value["yaml"].is_string())
    return parse_yaml(value["yaml"].get<std::string>(), "provenance");
  Json result = value;
  if (value.is_structured())
    for (auto item = result.begin(); item != result.end(); ++item) *item = decode_numbers(*item);
  return result;
}

ModelConfig read_config(const Json& json, std::string_view source, const ModelFileOptions& options) {
  ModelConfig config;
  const auto unknown = fields_from_json(config, json, source);
  if (!unknown.empty())
    throw bad_input(kWhere, "{}: setting '{}' is unknown: was the file written by a newer version?", source,
                    unknown[0]);
  for (const std::string& setting : options.overrides) assign_field(config, setting);
  return config;
}

ModelFile load_own(const fs::path& path, const ModelFileOptions& options) {
  const std::string source = path.string();
  Safetensors file = load_safetensors(path);
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

// Tensors "weights.<key>" and, where an average was kept, "optimizer.average.<key>" of the parameters it covers.
ModelFile load_training(const fs::path& path, const ModelFileOptions& options) {
  const std::string source = path.string();
  training::Checkpoint checkpoint = training::load_checkpoint(path);
  const Json trainee = json_field<Json>(checkpoint.state, "trainee", source);
  ModelFile model{.config = read_config(json_field<Json>(trainee, "model", source), source, options),
                  .family = trainee.value("family", Json()),
                  .provenance = {{"checkpoint", source}}};
  const auto take = [&](std::string_view prefix) {
    bool any = false;
    for (auto& [name, tensor] : checkpoint.tensors) {
      if (!name.starts_with(prefix)) continue;
      model.weights.insert_or_assign(name.substr(prefix.size()), std::move(tensor));
      any = true;
    }
    return any;
  };
  take("weights.");
  const bool averaged = options.averaged && take("optimizer.average.");
  model.provenance["weights"] = averaged ? "averaged" : "live";
  if (checkpoint.state.contains("config")) model.provenance["config"] = checkpoint.state["config"];
  return model;
}

bool is_given(const std::vector<std::string>& settings, const std::string& key) {
  return std::ranges::any_of(settings, [&](const std::string& s) { return s.starts_with(key + "="); });
}

// What shapes cannot tell of the architecture must be given.
void complete_arch(ModelConfig& config, std::string_view source, const ModelFileOptions& options) {
  const auto needed = settings_beyond_shapes(config.arch);
  for (const std::string& setting : options.otherwise)
    if (std::ranges::any_of(needed, [&](const std::string& key) { return setting.starts_with(key + "="); }))
      assign_field(config, setting);
  for (const std::string& key : needed)
    if (!is_given(options.overrides, key) && !is_given(options.otherwise, key))
      throw bad_input(kWhere, "{}: has no {} beside it: add {}=N (required: {})", source, kConfigFile, key,
                      fmt::join(needed, ", "));
}

// A bare state dict: the configuration stands in all_config.yaml beside it, else in shapes and overrides.
ModelFile load_authors(const fs::path& path, std::vector<TorchDict> dicts, const ModelFileOptions& options) {
  const std::string source = path.string();
  const fs::path config_path = path.parent_path() / kConfigFile;
  ChosenWeights chosen = choose_weights(std::move(dicts), options.averaged, source);
  ModelFile model{.weights = std::move(chosen.weights), .provenance = {{"imported_from", source}}};
  if (!chosen.kind.empty()) model.provenance["weights"] = chosen.kind;
  widen(model.weights);
  Json file;
  if (fs::exists(config_path)) {
    file = read_yaml(config_path);
    model.config.arch = arch_from_authors(file, config_path.string());
    model.provenance["authors_config"] = file;
  } else {
    model.config.arch = arch_from_shapes(model.weights, source);
    complete_arch(model.config, source, options);
  }
  for (const std::string& setting : options.overrides) assign_field(model.config, setting);
  if (model.config.data.seq_len == 0) {
    for (const std::string& setting : options.otherwise)
      if (setting.starts_with("data.seq_len=")) assign_field(model.config, setting);
    if (const auto stated = stated_seq_len(model.config, model.weights, file, source))
      model.config.data.seq_len = *stated;
  }
  complete_data_shape(model.config, model.weights, file, source);
  return model;
}

ModelFile load_any(const fs::path& path, const ModelFileOptions& options) {
  if (!fs::exists(path)) throw bad_input(kWhere, "{}: does not exist", path.string());
  if (fs::is_directory(path)) return load_any(model_in_folder(path), options);
  {
    const MappedFile file(path);
    if (const std::string what = describe_foreign(file.bytes(), path.string()); !what.empty())
      throw bad_input(kWhere, "{}: {}; expected a checkpoint of torch.save or a safetensors file", path.string(), what);
    if (looks_like_torch(file.bytes()))
      return load_authors(path, parse_torch_dicts(file.bytes(), path.string()), options);
  }
  const auto metadata = read_safetensors_metadata(path);
  if (metadata.contains("config")) return load_own(path, options);
  if (metadata.contains("state")) return load_training(path, options);
  std::vector<TorchDict> dicts;
  dicts.push_back({.path = "", .tensors = load_safetensors(path).tensors});
  return load_authors(path, std::move(dicts), options);
}

}  // namespace

ModelFile load_model(const fs::path& path, const ModelFileOptions& options) {
  ModelFile model = load_any(path, options);
  model.config.validate();
  model::check_weights(model.config, model.weights, path.string());
  return model;
}

void save_model(const fs::path& path, const ModelFile& model) {
  model::check_weights(model.config, model.weights, path.string());
  Safetensors file{.tensors = model.weights,
                   .metadata = {{"format", "hrm-model"}, {"config", printable(fields_to_json(model.config))}}};
  if (!model.family.is_null()) file.metadata["family"] = printable(model.family);
  if (!model.provenance.is_null()) file.metadata["provenance"] = printable(encode_numbers(model.provenance));
  save_safetensors(path, file);
}

void export_authors_folder(const fs::path& folder, const ModelFile& model, uint64_t step) {
  model::check_weights(model.config, model.weights, "model");
  const Json& provenance = model.provenance;
  const Json training =
      provenance.is_object() ? provenance.value("authors_config", provenance.value("config", provenance)) : Json();
  const std::string config = to_yaml(to_authors_config(model.config, training));
  const bool narrow = model.config.arch.forward_dtype == model::Precision::kBFloat16;
  NamedTensors tensors;
  std::vector<std::string> order;
  for (const model::Parameter& p : model::parameters(model.config)) {
    const HostTensor& tensor = model.weights.find(p.name)->second;
    order.push_back(std::string(kCompiled) + p.name);
    tensors.emplace(order.back(), narrow && p.kind == model::ParameterKind::kBuffer ? tensor.to(DType::kBF16) : tensor);
  }
  save_torch(folder / fmt::format("{}{}", kStep, step), tensors, order);
  write_file_atomic(folder / kConfigFile, config);
}

}  // namespace hrm::solving
