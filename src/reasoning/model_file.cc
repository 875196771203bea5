#include "reasoning/model_file.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/files.h"
#include "engine/weights.h"
#include "formats/safetensors.h"
#include "formats/torch_pickle.h"
#include "formats/yaml.h"
#include "reasoning/authors_config.h"
#include "training/checkpoint.h"

namespace hrm::reasoning {
namespace {

namespace fs = std::filesystem;
using engine::ModelConfig;

constexpr std::string_view kWhere = "model.load";
constexpr std::string_view kCompiled = "_orig_mod.";  // torch.compile's wrapper
constexpr const char* kConfigFile = "all_config.yaml";
constexpr std::string_view kStep = "step_";

std::optional<uint64_t> step_of(const fs::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(kStep)) return std::nullopt;
  uint64_t step = 0;
  const char* begin = name.data() + kStep.size();
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), step);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return step;
}

// The file that stands for a folder: the best model of a run, or the last of the authors' checkpoints.
fs::path model_in_folder(const fs::path& folder) {
  if (fs::exists(folder / "model.safetensors")) return folder / "model.safetensors";
  if (fs::exists(folder / training::CheckpointNames::kLast)) return folder / training::CheckpointNames::kLast;
  std::optional<std::pair<uint64_t, fs::path>> best;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto step = step_of(entry.path());
    if (step && (!best || *step > best->first)) best = {*step, entry.path()};
  }
  if (!best)
    throw bad_input(kWhere, "{}: holds neither model.safetensors (a run) nor step_<n> (the authors' checkpoints)",
                    folder.string());
  return best->second;
}

void widen(NamedTensors& weights) {
  for (auto& [name, tensor] : weights)
    if (tensor.dtype() == DType::kBF16 || tensor.dtype() == DType::kF16 || tensor.dtype() == DType::kF64)
      tensor = tensor.to(DType::kF32);
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
                  .provenance = json("provenance")};
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

NamedTensors with_plain_keys(NamedTensors tensors, const std::string& source) {
  NamedTensors plain;
  for (auto& [stored, tensor] : tensors) {
    std::string key = stored;
    for (size_t at = key.find(kCompiled); at != std::string::npos; at = key.find(kCompiled))
      key.erase(at, kCompiled.size());
    if (key.starts_with("inner.")) key = "model." + key;  // saved without the loss head
    if (!plain.emplace(key, std::move(tensor)).second)
      throw bad_input(kWhere, "{}: tensor '{}' occurs twice, with and without '{}'", source, key, kCompiled);
  }
  widen(plain);
  return plain;
}

// A bare state dict: the configuration stands in all_config.yaml beside it, else in shapes and overrides.
ModelFile load_authors(const fs::path& path, NamedTensors tensors, const ModelFileOptions& options) {
  const std::string source = path.string();
  const fs::path config_path = path.parent_path() / kConfigFile;
  ModelFile model{.weights = with_plain_keys(std::move(tensors), source), .provenance = {{"imported_from", source}}};
  Json file;
  if (fs::exists(config_path)) {
    file = read_yaml(config_path);
    model.config.arch = arch_from_authors(file, config_path.string());
    model.provenance["authors_config"] = file;
  } else {
    model.config.arch = arch_from_shapes(model.weights, source);
    for (const std::string& setting : settings_beyond_shapes(model.config.arch))
      if (std::ranges::none_of(options.overrides, [&](const auto& o) { return o.starts_with(setting + "="); }))
        throw bad_input(kWhere, "{}: there is no {} beside it: add {}=N (needed: {})", source, kConfigFile, setting,
                        fmt::join(settings_beyond_shapes(model.config.arch), ", "));
  }
  for (const std::string& setting : options.overrides) assign_field(model.config, setting);
  complete_data_shape(model.config, model.weights, file, source);
  return model;
}

ModelFile load_any(const fs::path& path, const ModelFileOptions& options) {
  if (!fs::exists(path)) throw bad_input(kWhere, "{}: does not exist", path.string());
  if (fs::is_directory(path)) return load_any(model_in_folder(path), options);
  if (looks_like_torch(MappedFile(path).bytes())) return load_authors(path, load_torch(path), options);
  const auto metadata = read_safetensors_metadata(path);
  if (metadata.contains("config")) return load_own(path, options);
  if (metadata.contains("state")) return load_training(path, options);
  return load_authors(path, load_safetensors(path).tensors, options);
}

}  // namespace

ModelFile load_model(const fs::path& path, const ModelFileOptions& options) {
  ModelFile model = load_any(path, options);
  model.config.validate();
  engine::check_weights(model.config, model.weights, path.string());
  return model;
}

void save_model(const fs::path& path, const ModelFile& model) {
  engine::check_weights(model.config, model.weights, path.string());
  Safetensors file{.tensors = model.weights,
                   .metadata = {{"format", "hrm-model"}, {"config", printable(fields_to_json(model.config))}}};
  if (!model.family.is_null()) file.metadata["family"] = printable(model.family);
  if (!model.provenance.is_null()) file.metadata["provenance"] = printable(model.provenance);
  save_safetensors(path, file);
}

void export_authors_folder(const fs::path& folder, const ModelFile& model, uint64_t step) {
  engine::check_weights(model.config, model.weights, "model");
  const Json& provenance = model.provenance;
  const Json training =
      provenance.is_object() ? provenance.value("authors_config", provenance.value("config", provenance)) : Json();
  const std::string config = to_yaml(to_authors_config(model.config, training));
  const bool narrow = model.config.arch.forward_dtype == engine::Precision::kBFloat16;
  NamedTensors tensors;
  std::vector<std::string> order;
  for (const engine::Parameter& p : engine::parameters(model.config)) {
    const HostTensor& tensor = model.weights.find(p.name)->second;
    order.push_back(std::string(kCompiled) + p.name);
    tensors.emplace(order.back(),
                    narrow && p.kind == engine::ParameterKind::kBuffer ? tensor.to(DType::kBF16) : tensor);
  }
  save_torch(folder / fmt::format("{}{}", kStep, step), tensors, order);
  write_file_atomic(folder / kConfigFile, config);
}

}  // namespace hrm::reasoning
