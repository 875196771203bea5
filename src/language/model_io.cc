#include "language/model_io.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aten/host.h"
#include "base/files.h"
#include "base/log.h"
#include "formats/safetensors.h"
#include "formats/safetensors_model.h"
#include "language/lora.h"

namespace hrm::language {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWhere = "language.model";
constexpr std::string_view kWrapped = "pretrained_model.";  // of trl's value-head models
// What belongs to a model beside weights and configuration.
constexpr const char* kTokenizerFiles[] = {"tokenizer.json",
                                           "tokenizer_config.json",
                                           "special_tokens_map.json",
                                           "generation_config.json",
                                           "chat_template.jinja",
                                           "vocab.json",
                                           "merges.txt",
                                           "added_tokens.json"};

// The names of the file without a wrapper's prefix.
std::map<std::string, std::string> unwrapped_names(const TensorSource& source) {
  std::map<std::string, std::string> names;
  for (const auto& [name, info] : source.tensors())
    names.emplace(name.starts_with(kWrapped) ? name.substr(kWrapped.size()) : name, name);
  return names;
}

bool is_head(std::string_view name) {
  return name.starts_with("score.") || name.starts_with("v_head.") || name == "lm_head.weight";
}

LanguageModel load_folder(const fs::path& folder, const LoadOptions& options) {
  LanguageModel model{.config = load_decoder_config(folder / "config.json"), .source = folder};
  const SafetensorsModel source(folder);
  const auto names = unwrapped_names(source);
  const auto load = [&](const std::string& name) {
    const at::Tensor tensor = aten::to_aten(source.load(names.at(name), DType::kF32), at::kCPU);
    model.parameters.emplace(name, tensor.to(options.device, options.type));
  };
  for (const auto& [name, shape] : decoder_parameters(model.config)) {
    if (!names.contains(name)) throw bad_input(kWhere, "{}: tensor '{}' is missing", folder.string(), name);
    load(name);
  }
  for (const auto& [name, stored] : names)
    if (is_head(name) && !(name == "lm_head.weight" && model.config.tie_word_embeddings)) load(name);
  check_parameters(model.parameters, decoder_parameters(model.config), folder.string());
  model.head = head_kind(model.parameters);
  static_cast<void>(Head(model.head, model.config, model.parameters));  // its shapes
  return model;
}

void copy_tokenizer(const fs::path& from, const fs::path& to) {
  std::error_code same;
  if (!fs::is_directory(from) || fs::equivalent(from, to, same)) return;
  for (const char* name : kTokenizerFiles)
    if (fs::exists(from / name)) write_file_atomic(to / name, read_file(from / name));
}

}  // namespace

LanguageModel load_model(const fs::path& path, const LoadOptions& options) {
  if (path.extension() == ".gguf") return load_gguf(path, options);
  if (!fs::is_directory(path))
    throw bad_input(kWhere, "{}: expected a folder with config.json and model.safetensors, or a .gguf file",
                    path.string());
  return load_folder(path, options);
}

LanguageModel initial_model(const DecoderConfig& config, HeadKind head, int64_t outputs, uint64_t seed, double stddev) {
  config.validate("configuration");
  LanguageModel model{.config = config, .parameters = initial_parameters(decoder_parameters(config), seed, stddev)};
  replace_head(model, head, outputs, seed);
  return model;
}

void replace_head(LanguageModel& model, HeadKind head, int64_t outputs, uint64_t seed) {
  const at::TensorOptions like = model.parameters.begin()->second.options();
  std::erase_if(model.parameters, [](const auto& item) { return is_head(item.first); });
  for (auto& [name, tensor] : initial_parameters(head_parameters(head, model.config, outputs), seed))
    model.parameters.emplace(name, tensor.to(like));
  model.head = head;
}

void save_model(const fs::path& folder, const LanguageModel& model, at::ScalarType type) {
  Safetensors file{.metadata = {{"format", "pt"}}};
  for (const auto& [name, tensor] : model.parameters) {
    if (is_lora(name)) throw bad_input(kWhere, "{}: merge the adapters before saving a whole model", folder.string());
    file.tensors.emplace(name, aten::to_host(tensor.to(type)));
  }
  fs::create_directories(folder);
  save_safetensors(folder / "model.safetensors", file);
  copy_tokenizer(model.source, folder);
  Json json = to_published_json(model.config, architecture_of(model.head, model.config.model_type),
                                type == at::kBFloat16 ? "bfloat16" : "float32");
  const bool labelled = model.head == HeadKind::kSequence || model.head == HeadKind::kToken;
  if (const int64_t labels = labelled ? Head(model.head, model.config, model.parameters).outputs() : 0; labels > 0) {
    json["id2label"] = Json::object();
    json["label2id"] = Json::object();
    for (int64_t i = 0; i < labels; ++i) {
      json["id2label"][std::to_string(i)] = fmt::format("LABEL_{}", i);
      json["label2id"][fmt::format("LABEL_{}", i)] = i;
    }
  }
  write_json(folder / "config.json", json);
}

}  // namespace hrm::language
