#include "language/model_bundle.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "text/tokenizer_writer.h"

namespace hrm::language {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWhere = "language.model_bundle";

// eos_token_id: a number, a list, null or absent.
std::vector<int64_t> generation_ends(const fs::path& folder) {
  const fs::path path = folder / "generation_config.json";
  if (!fs::exists(path)) return {};
  const Json json = read_json(path);
  const auto at = json.find("eos_token_id");
  if (at == json.end() || at->is_null()) return {};
  if (at->is_array()) return json_field<std::vector<int64_t>>(json, "eos_token_id", path.string());
  return {json_field<int64_t>(json, "eos_token_id", path.string())};
}

void check_agreement(const ModelBundle& bundle) {
  if (bundle.tokenizer.size() > bundle.model.config.vocab_size)
    throw bad_input(kWhere,
                    "{}: the tokenizer has ids up to {}, but the model has only {} tokens: they do not belong together",
                    bundle.tokenizer.source(), bundle.tokenizer.size() - 1, bundle.model.config.vocab_size);
}

void find_ends(ModelBundle& bundle, const std::vector<int64_t>& more) {
  const auto add = [&](int64_t id) {
    if (id >= 0 && id < bundle.model.config.vocab_size) bundle.end_tokens.push_back(static_cast<int32_t>(id));
  };
  for (const int64_t id : bundle.model.config.eos_token_id) add(id);
  for (const int64_t id : more) add(id);
  const auto add_token = [&](const std::string& token) {
    if (const auto id = bundle.tokenizer.find(token); id && !token.empty()) add(*id);
  };
  add_token(bundle.tokenizer_config.eos_token);
  for (const char* token : {"<|im_end|>", "<|eot_id|>"})
    if (bundle.tokenizer_config.chat_template.find(token) != std::string::npos) add_token(token);
  std::ranges::sort(bundle.end_tokens);
  const auto rest = std::ranges::unique(bundle.end_tokens);
  bundle.end_tokens.erase(rest.begin(), rest.end());
}

ModelBundle assemble(LanguageModel model, text::TokenizerSpec spec, text::TokenizerConfig config, std::string source,
                     const std::vector<int64_t>& ends) {
  text::Tokenizer tokenizer(spec, std::move(source));
  ModelBundle bundle{.model = std::move(model),
                     .tokenizer_spec = std::move(spec),
                     .tokenizer = std::move(tokenizer),
                     .tokenizer_config = std::move(config),
                     .end_tokens = {}};
  check_agreement(bundle);
  find_ends(bundle, ends);
  return bundle;
}

ModelBundle load_gguf_bundle(const fs::path& path, const LoadOptions& options) {
  const Gguf file(path);
  const text::GgmlVocabulary vocabulary = ggml_vocabulary(file);
  text::TokenizerConfig config;
  const auto token = [&](std::string_view key) -> std::string {
    const auto id = file.get_or<int64_t>(key, -1);
    return id >= 0 && id < std::ssize(vocabulary.tokens) ? vocabulary.tokens[static_cast<size_t>(id)] : "";
  };
  config.bos_token = token("tokenizer.ggml.bos_token_id");
  config.eos_token = token("tokenizer.ggml.eos_token_id");
  config.pad_token = token("tokenizer.ggml.padding_token_id");
  config.unk_token = token("tokenizer.ggml.unknown_token_id");
  config.chat_template = file.get_or<std::string>("tokenizer.chat_template", "");
  std::vector<int64_t> ends;
  for (const char* key : {"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"})
    if (file.find(key)) ends.push_back(file.get<int64_t>(key));
  text::TokenizerSpec spec = text::spec_of(vocabulary, path.string());
  return assemble(load_gguf(path, options), std::move(spec), std::move(config), path.string(), ends);
}

}  // namespace

text::GgmlVocabulary ggml_vocabulary(const Gguf& file) {
  const auto id = [&](std::string_view key) {
    return file.find(key) ? std::optional(file.get<int64_t>(key)) : std::nullopt;
  };
  const auto flag = [&](std::string_view key) {
    return file.find(key) ? std::optional(file.get<bool>(key)) : std::nullopt;
  };
  return {.model = file.get<std::string>("tokenizer.ggml.model"),
          .pre = file.get_or<std::string>("tokenizer.ggml.pre", ""),
          .tokens = file.get<std::vector<std::string>>("tokenizer.ggml.tokens"),
          .merges = file.get_or<std::vector<std::string>>("tokenizer.ggml.merges", {}),
          .scores = file.get_or<std::vector<double>>("tokenizer.ggml.scores", {}),
          .types = file.get_or<std::vector<int64_t>>("tokenizer.ggml.token_type", {}),
          .bos = id("tokenizer.ggml.bos_token_id"),
          .eos = id("tokenizer.ggml.eos_token_id"),
          .add_space_prefix = flag("tokenizer.ggml.add_space_prefix"),
          .add_bos = flag("tokenizer.ggml.add_bos_token"),
          .add_eos = flag("tokenizer.ggml.add_eos_token")};
}

int32_t ModelBundle::pad_token() const {
  if (model.config.pad_token_id >= 0) return static_cast<int32_t>(model.config.pad_token_id);
  if (const auto id = tokenizer.find(tokenizer_config.pad_token); id && !tokenizer_config.pad_token.empty()) return *id;
  return end_tokens.empty() ? 0 : end_tokens.front();
}

bool ModelBundle::ends(int32_t token) const { return std::ranges::binary_search(end_tokens, token); }

std::string ModelBundle::render_chat(std::span<const text::ChatMessage> messages) const {
  if (tokenizer_config.chat_template.empty())
    throw bad_input(kWhere, "{}: the model has no chat template: give it a plain prompt", tokenizer.source());
  const auto form = text::ChatTemplate::recognize(tokenizer_config.chat_template, tokenizer.source());
  const bool begun = !messages.empty() && messages.back().role == "assistant";
  std::string text = form.render(begun ? messages.first(messages.size() - 1) : messages, true);
  return begun ? text + messages.back().content : text;
}

ModelBundle load_bundle(const fs::path& path, const LoadOptions& options) {
  if (path.extension() == ".gguf") return load_gguf_bundle(path, options);
  LanguageModel model = load_model(path, options);
  const fs::path file = path / "tokenizer.json";
  if (!fs::exists(file))
    throw bad_input(kWhere,
                    "{}: is missing; a model needs its tokenizer (vocab.json and merges.txt alone do not suffice)",
                    file.string());
  return assemble(std::move(model), text::parse_tokenizer_json(read_file(file), file.string()),
                  text::load_tokenizer_config(path), file.string(), generation_ends(path));
}

ModelBundle make_bundle(LanguageModel model, text::TokenizerSpec spec, text::TokenizerConfig config) {
  return assemble(std::move(model), std::move(spec), std::move(config), "tokenizer", {});
}

void save_bundle(const fs::path& folder, const ModelBundle& bundle, at::ScalarType type) {
  fs::create_directories(folder);
  // A folder's own files are copied as they are by save_model.
  if (!fs::is_directory(bundle.model.source)) {
    text::save_tokenizer(folder, bundle.tokenizer_spec, bundle.tokenizer_config);
    if (!bundle.end_tokens.empty())
      write_json(folder / "generation_config.json", {{"eos_token_id", bundle.end_tokens}});
  }
  save_model(folder, bundle.model, type);
}

}  // namespace hrm::language
