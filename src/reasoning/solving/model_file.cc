#include "solving/model_file.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "formats/safetensors.h"
#include "formats/torch_pickle.h"
#include "formats/yaml.h"
#include "model/weights.h"
#include "solving/authors_config.h"
#include "solving/model_folder.h"
#include "solving/own_model.h"
#include "solving/state_dicts.h"
#include "training/checkpoint.h"

namespace hrm::solving {
namespace {

namespace fs = std::filesystem;
using model::ModelConfig;

constexpr std::string_view kInModelFile = "model.load";
constexpr std::string_view kCompiled = "_orig_mod.";  // torch.compile's wrapper
constexpr const char* kConfigFile = "all_config.yaml";
constexpr std::string_view kStep = "step_";

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
  for (const char* key : {"config", "identifiers"})
    if (checkpoint.state.contains(key)) model.provenance[key] = checkpoint.state[key];
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
      throw bad_input(kInModelFile, "{}: has no {} beside it: add {}=N (required: {})", source, kConfigFile, key,
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
    file = read_yaml(config_path, YamlTyping::kPython);
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
  check_sizes(model.config, model.weights, file, source);
  complete_data_shape(model.config, model.weights, file, source);
  return model;
}

ModelFile load_any(const fs::path& path, const ModelFileOptions& options) {
  if (!fs::exists(path)) throw bad_input(kInModelFile, "{}: does not exist", path.string());
  if (fs::is_directory(path)) return load_any(model_in_folder(path), options);
  {
    const MappedFile file(path);
    refuse_foreign(file.bytes(), path.string());
    if (looks_like_torch(file.bytes()))
      return load_authors(path, parse_torch_dicts(file.bytes(), path.string()), options);
  }
  const auto metadata = read_safetensors_metadata(path);
  if (metadata.contains("config")) return own_model(load_safetensors(path), path.string(), options);
  if (metadata.contains("state")) return load_training(path, options);
  std::vector<TorchDict> dicts;
  dicts.push_back({.path = "", .tensors = load_safetensors(path).tensors});
  return load_authors(path, std::move(dicts), options);
}

}  // namespace

ModelFile load_model(const fs::path& path, const ModelFileOptions& options) {
  ModelFile model = load_any(path, options);
  check(model, path.string());
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
