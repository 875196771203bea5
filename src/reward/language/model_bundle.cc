#include "language/model_bundle.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/utf8.h"
#include "text/tokenizer_writer.h"

namespace hrm::language {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInModelBundle = "language.model_bundle";

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
    throw bad_input(kInModelBundle,
                    "{}: the tokenizer has ids up to {}, but the model has only {} tokens: they do not belong together",
                    bundle.tokenizer.source(), bundle.tokenizer.size() - 1, bundle.model.config.vocab_size);
}

// The special token behind an answer: what the template writes there is looked at. None where it writes none, or does
// not take such a chat.
std::optional<int32_t> find_message_end(const ModelBundle& bundle) {
  constexpr std::string_view kAnswer = "An answer to look behind.";
  std::string text;
  try {
    const std::vector<text::ChatMessage> chat = {{"user", "A question."}, {"assistant", std::string(kAnswer)}};
    text = bundle.chat_template->render(text::conversation(chat, false),
                                        {.date = "2024-07-26", .variables = Json::object()});
  } catch (const Error&) {
    return std::nullopt;
  }
  const size_t at = text.find(kAnswer);
  if (at == std::string::npos) return std::nullopt;
  const std::string_view behind = strip_left(std::string_view(text).substr(at + kAnswer.size()));
  const text::AddedToken* longest = nullptr;
  for (const text::AddedToken& token : bundle.tokenizer_spec.added)
    if (token.special && !token.content.empty() && behind.starts_with(token.content) &&
        (!longest || token.content.size() > longest->content.size()))
      longest = &token;
  return longest ? std::optional(longest->id) : std::nullopt;
}

void read_chat_template(ModelBundle& bundle) {
  if (bundle.tokenizer_config.chat_template.empty()) return;
  try {
    bundle.chat_template =
        std::make_shared<const text::ChatTemplate>(bundle.tokenizer_config, bundle.tokenizer.source());
    bundle.message_end = find_message_end(bundle);
  } catch (const Error& fault) {
    bundle.chat_fault = fault.what();  // a model without its chats is of use, too
  }
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
  if (bundle.message_end) add(*bundle.message_end);
  std::ranges::sort(bundle.end_tokens);
  const auto rest = std::ranges::unique(bundle.end_tokens);
  bundle.end_tokens.erase(rest.begin(), rest.end());
}

struct TokenizerParts {
  text::TokenizerSpec spec;
  text::TokenizerConfig config;
  std::string source;
};

// ends: more tokens that end a text.
ModelBundle assemble(LanguageModel model, TokenizerParts parts, const std::vector<int64_t>& ends) {
  text::Tokenizer tokenizer(parts.spec, std::move(parts.source));
  ModelBundle bundle{.model = std::move(model),
                     .tokenizer_spec = std::move(parts.spec),
                     .tokenizer = std::move(tokenizer),
                     .tokenizer_config = std::move(parts.config),
                     .end_tokens = {}};
  check_agreement(bundle);
  read_chat_template(bundle);
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
  return assemble(load_gguf(path, options), {std::move(spec), std::move(config), path.string()}, ends);
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

std::string ModelBundle::render_chat(text::Conversation conversation) const {
  if (tokenizer_config.chat_template.empty())
    throw bad_input(kInModelBundle, "{}: the model has no chat template: give it a plain prompt", tokenizer.source());
  if (!chat_template) throw bad_input(kInModelBundle, "{}", chat_fault);
  std::string begun;
  Json& messages = conversation.messages;
  if (!messages.empty() && messages.back().is_object() && messages.back().value("role", Json()) == "assistant") {
    begun = json_field<std::string>(messages.back(), "content", "the answer that is begun");
    messages.erase(messages.size() - 1);
  }
  conversation.add_generation_prompt = true;
  return chat_template->render(conversation, chat) + begun;
}

ModelBundle load_bundle(const fs::path& path, const LoadOptions& options) {
  if (path.extension() == ".gguf") return load_gguf_bundle(path, options);
  return load_bundle(load_model(path, options), path);
}

ModelBundle load_bundle(LanguageModel model, const fs::path& tokenizer) {
  const fs::path file = tokenizer / "tokenizer.json";
  if (!fs::exists(file))
    throw bad_input(kInModelBundle,
                    "{}: is missing; a model needs its tokenizer (vocab.json and merges.txt alone do not suffice)",
                    file.string());
  const std::vector<int64_t> ends = generation_ends(model.source);
  return assemble(std::move(model),
                  {text::parse_tokenizer_json(read_file(file), file.string()), text::load_tokenizer_config(tokenizer),
                   file.string()},
                  ends);
}

ModelBundle make_bundle(LanguageModel model, text::TokenizerSpec spec, text::TokenizerConfig config) {
  return assemble(std::move(model), {std::move(spec), std::move(config), "tokenizer"}, {});
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
