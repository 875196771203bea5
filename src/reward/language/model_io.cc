#include "language/model_io.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "base/files.h"
#include "base/log.h"
#include "formats/foreign.h"
#include "formats/safetensors.h"
#include "formats/safetensors_model.h"
#include "formats/torch_model.h"
#include "formats/torch_pickle.h"
#include "language/lora.h"
#include "torch/host.h"

namespace hrm::language {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInModelIo = "language.model";
constexpr std::string_view kWrapped = "pretrained_model.";  // of trl's value-head models
// What belongs to a model beside weights and configuration.
constexpr const char* kTokenizerFiles[] = {"tokenizer.json",
                                           "tokenizer_config.json",
                                           "special_tokens_map.json",
                                           "generation_config.json",
                                           "chat_template.jinja",
                                           "additional_chat_templates/tool_use.jinja",
                                           "vocab.json",
                                           "merges.txt",
                                           "added_tokens.json"};

bool is_head(std::string_view name) { return is_scoring_head(name) || name == kOutput; }

// Buffers that older versions of transformers stored and that the configuration gives anew.
bool is_old_buffer(std::string_view name) { return name.ends_with("rotary_emb.inv_freq"); }

std::unique_ptr<TensorSource> weights_in(const fs::path& folder) {
  if (fs::exists(folder / "model.safetensors.index.json") || fs::exists(folder / "model.safetensors"))
    return std::make_unique<SafetensorsModel>(folder);
  if (TorchModel::is_in(folder)) return std::make_unique<TorchModel>(folder);
  if (!fs::exists(folder / "adapter_config.json"))
    throw bad_input(
        kInModelIo,
        "{}: contains no weights: expected model.safetensors or pytorch_model.bin, or the index of their shards",
        folder.string());
  const Json json = read_json(folder / "adapter_config.json");
  const auto base = json.is_object() ? json.find("base_model_name_or_path") : json.end();
  throw bad_input(kInModelIo,
                  "{}: is an adapter, not a model: merge it into its base{} first: hrm lm export BASE --adapter {} "
                  "--out MERGED",
                  folder.string(),
                  base != json.end() && base->is_string() ? fmt::format(" ('{}')", base->get<std::string>()) : "",
                  folder.string());
}

// The names of the file by those of the model: without a wrapper's prefix, and with the "model." that a decoder saved
// without a head lacks.
std::map<std::string, std::string> names_of(const TensorSource& source) {
  const bool bare = source.tensors().contains("embed_tokens.weight");
  std::map<std::string, std::string> names;
  for (const auto& [stored, info] : source.tensors()) {
    std::string name = stored.starts_with(kWrapped) ? stored.substr(kWrapped.size()) : stored;
    if (bare && !is_head(name)) name = "model." + name;
    if (!names.emplace(std::move(name), stored).second)
      throw bad_input(kInModelIo, "{}: tensor '{}' occurs twice, with and without a prefix", source.source(), stored);
  }
  return names;
}

// config.json may promise a head whose tensors are not there, and transformers would draw it at random; or tensors of a
// head may be there that the class which it names does not read.
void check_architecture(const fs::path& folder, HeadKind found) {
  const Json json = read_json(folder / "config.json");
  const auto named = json.find("architectures");
  if (named == json.end() || !named->is_array() || named->empty() || !named->front().is_string()) return;
  const std::string architecture = named->front().get<std::string>();
  for (const auto& [end, head, tensor] : {std::tuple("ForSequenceClassification", HeadKind::kSequence, "score.weight"),
                                          {"ForTokenClassification", HeadKind::kToken, "score.bias"},
                                          {"ForProcessRewardModel", HeadKind::kProcess, "score.0.weight"},
                                          {"ForRewardModel", HeadKind::kProcess, "score.0.weight"}}) {
    if (!architecture.ends_with(end) || found == head) continue;
    const bool bias = head == HeadKind::kSequence && found == HeadKind::kToken;
    throw bad_input(kInModelIo, "{}: config.json says {}, but tensor '{}' is {}", folder.string(), architecture,
                    bias ? "score.bias" : tensor, bias ? "present, which that class does not read" : "missing");
  }
  if (architecture.ends_with("ForCausalLM") && found != HeadKind::kLanguage && found != HeadKind::kValue)
    throw bad_input(kInModelIo,
                    "{}: config.json says {}, which does not read the tensors of a {} head (score.*): put the class "
                    "that was trained into 'architectures'",
                    folder.string(), architecture, name_of_enum(found));
}

// Every tensor is read by a layer, or the numbers would not be the checkpoint's.
void check_all_read(const LanguageModel& model, const std::map<std::string, std::string>& names) {
  std::set<std::string, std::less<>> read = {kOutput};
  for (const auto& [name, shape] : decoder_parameters(model.config)) read.insert(name);
  const int64_t outputs = Head(model.head, model.config, model.parameters).outputs();
  for (const auto& [name, shape] : head_parameters(model.head, model.config, outputs)) read.insert(name);
  std::vector<std::string> unread;
  for (const auto& [name, stored] : names)
    if (!read.contains(name) && !is_old_buffer(name)) unread.push_back(stored);
  if (unread.empty()) return;
  const std::string more = unread.size() > 1 ? fmt::format(" and {} more", unread.size() - 1) : "";
  throw bad_input(
      kInModelIo,
      "{}: tensor '{}'{} does not belong to a {} model with a {} head: another model_type, or an unsupported head?",
      model.source.string(), unread.front(), more, name_of_enum(model.config.model_type), name_of_enum(model.head));
}

// As transformers 5 decides: tied where the configuration says so and one of the two is stored, or both are equal.
void settle_tie(LanguageModel& model) {
  const auto output = model.parameters.find(kOutput);
  if (!model.config.tie_word_embeddings || output == model.parameters.end()) return;
  if (output->second.equal(model.parameters.at(kEmbedding))) {
    model.parameters.erase(output);
    return;
  }
  log_warning("{}: tie_word_embeddings is true, but {} differs from the embedding: both are read, as in transformers",
              model.source.string(), kOutput);
  model.config.tie_word_embeddings = false;
}

LanguageModel load_folder(const fs::path& folder, const LoadOptions& options) {
  const auto source = weights_in(folder);
  LanguageModel model{.config = load_decoder_config(folder / "config.json"), .source = folder};
  auto names = names_of(*source);
  if (model.config.tie_word_embeddings && !names.contains(kEmbedding) && names.contains(kOutput)) {
    names.emplace(kEmbedding, names.at(kOutput));
    names.erase(kOutput);
  }
  const auto load = [&](const std::string& name) {
    const at::Tensor tensor = torch::to_aten(source->load(names.at(name), DType::kF32), at::kCPU);
    model.parameters.emplace(name, tensor.to(options.device, options.type));
  };
  for (const auto& [name, shape] : decoder_parameters(model.config)) {
    if (!names.contains(name)) throw bad_input(kInModelIo, "{}: tensor '{}' is missing", folder.string(), name);
    load(name);
  }
  for (const auto& [name, stored] : names)
    if (is_head(name)) load(name);
  check_parameters(model.parameters, decoder_parameters(model.config), folder.string());
  model.head = head_kind(model.parameters);
  check_architecture(folder, model.head);
  check_all_read(model, names);
  settle_tie(model);
  return model;
}

void copy_tokenizer(const fs::path& from, const fs::path& to) {
  std::error_code same;
  if (!fs::is_directory(from) || fs::equivalent(from, to, same)) return;
  for (const char* name : kTokenizerFiles)
    if (fs::exists(from / name)) write_file_atomic(to / name, read_file(from / name));
}

// Why a file cannot be the model, and what to give instead.
std::string describe_file(const fs::path& path) {
  const std::string parent = path.has_parent_path() ? path.parent_path().string() : ".";
  const bool model_beside = fs::exists(fs::path(parent) / "config.json");
  const std::string folder = model_beside ? fmt::format("its folder, {}", parent)
                                          : "the folder with config.json, tokenizer.json and the weights";
  const MappedFile file(path);
  const std::string name = path.filename().string();
  if (name == "adapter_model.safetensors" || name == "adapter_model.bin" || name == "adapter_config.json")
    return fmt::format("is a file of a LoRA adapter: give the base model's folder, and {} as --adapter", parent);
  if (name.ends_with(".gguf")) return "is a GGUF file, which has no scoring head";
  if (name.ends_with(".json")) return fmt::format("is one file of a model: give {}", folder);
  if (const std::string what = describe_foreign(file.bytes(), path.string()); !what.empty())
    return fmt::format("{}; expected {}", what, folder);
  if (looks_like_torch(file.bytes())) return fmt::format("is a checkpoint of torch.save alone: give {}", folder);
  try {
    const auto metadata = parse_safetensors_header(file.bytes(), path.string()).metadata;
    if (metadata.contains("config") || metadata.contains("state"))
      return "is a model of the other kind, which solves puzzles: hrm solve, hrm eval and hrm serve --model read it";
    return fmt::format("is a safetensors file alone: give {}", folder);
  } catch (const Error&) {
    return fmt::format("{}; expected {}", describe_unknown(file.bytes()), folder);
  }
}

}  // namespace

void require_model_folder(const fs::path& path, std::string_view otherwise) {
  if (fs::is_directory(path)) return;
  if (fs::exists(path)) throw bad_input(kInModelIo, "{}: {}", path.string(), describe_file(path));
  const std::string text = path.string();
  const bool is_hub_name = std::ranges::count(text, '/') == 1 && text.front() != '/' && text.front() != '.' &&
                           text.back() != '/' && !fs::exists(path.parent_path());
  throw bad_input(kInModelIo, "{}: no such folder; {}", text,
                  is_hub_name ? fmt::format("models are not downloaded here: hf download {} --local-dir DIR", text)
                              : std::string(otherwise));
}

LanguageModel load_model(const fs::path& path, const LoadOptions& options) {
  if (path.extension() == ".gguf") return load_gguf(path, options);
  require_model_folder(path, "expected a folder with config.json and model.safetensors, or a .gguf file");
  return load_folder(path, options);
}

LanguageModel initial_model(const DecoderConfig& config, HeadKind head, int64_t outputs, const FreshWeights& fresh) {
  config.validate("configuration");
  LanguageModel model{.config = config,
                      .parameters = initial_parameters(decoder_parameters(config), fresh.seed, fresh.stddev)};
  replace_head(model, head, outputs, fresh.seed);
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
    if (is_lora(name))
      throw bad_input(kInModelIo, "{}: merge the adapters before saving a whole model", folder.string());
    file.tensors.emplace(name, torch::to_host(tensor.to(type)));
  }
  fs::create_directories(folder);
  save_safetensors(folder / "model.safetensors", file);
  copy_tokenizer(model.source, folder);
  const int64_t outputs = Head(model.head, model.config, model.parameters).outputs();
  Json json = to_published_json(model.config, architecture_of(model.head, model.config.model_type, outputs),
                                type == at::kBFloat16 ? "bfloat16" : "float32");
  const bool labeled = model.head == HeadKind::kSequence || model.head == HeadKind::kToken;
  if (const int64_t labels = labeled ? outputs : 0; labels > 0) {
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
