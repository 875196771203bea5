#include "text/tokenizer_config.h"

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace hrm::text {
namespace {

constexpr std::string_view kInTokenizerConfig = "text.tokenizer_config";

// "<eos>", or {"content": "<eos>", ...}.
std::string token(const SortedJson& json, const char* field, std::string_view source) {
  const auto found = json.find(field);
  if (found == json.end() || found->is_null()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (found->is_object() && found->contains("content") && (*found)["content"].is_string())
    return (*found)["content"].get<std::string>();
  throw bad_input(kInTokenizerConfig, "{}: {} is not a token", source, field);
}

// A text, or a list of {"name", "template"}: "default", and "tool_use" for chats with tools.
void read_templates(const SortedJson& json, std::string_view source, TokenizerConfig& config) {
  const auto found = json.find("chat_template");
  if (found == json.end() || found->is_null()) return;
  if (found->is_string()) {
    config.chat_template = found->get<std::string>();
    return;
  }
  if (found->is_array())
    for (const SortedJson& each : *found) {
      if (!each.is_object() || !each.contains("name") || !each.contains("template") || !each["template"].is_string())
        continue;
      if (each["name"] == "default") config.chat_template = each["template"].get<std::string>();
      if (each["name"] == "tool_use") config.tool_template = each["template"].get<std::string>();
    }
  if (config.chat_template.empty() && config.tool_template.empty())
    throw bad_input(kInTokenizerConfig, "{}: chat_template is neither a text nor a list with one called 'default'",
                    source);
}

void read_tokens(const SortedJson& json, std::string_view source, TokenizerConfig& config) {
  for (const auto& [field, member] : kSpecialTokenFields)
    if (json.contains(field)) config.*member = token(json, field, source);
}

SortedJson object_of(const std::filesystem::path& path) {
  const std::string source = path.string();
  SortedJson json = parse_sorted_json(read_file(path), source);
  if (!json.is_object()) throw bad_input(kInTokenizerConfig, "{}: is not a JSON object", source);
  return json;
}

// What a class of transformers (5.24) has where no file names the token; classes that have none are not here. It reads
// a byte-level tokenizer.json with a class of no tokens where LlamaTokenizer is named.
struct ClassTokens {
  std::string_view name, model_types, bos, eos, unk, pad;
  bool not_byte_level = false;
};
constexpr ClassTokens kClasses[] = {
    {"GPT2Tokenizer", " gpt2 ", "<|endoftext|>", "<|endoftext|>", "<|endoftext|>", ""},
    {"LlamaTokenizer", "", "<s>", "</s>", "<unk>", "", true},
    {"Qwen2Tokenizer", " qwen2 qwen3 ", "", "<|endoftext|>", "<|endoftext|>", "<|endoftext|>"},
};

std::string text_field(const SortedJson& json, const char* field) {
  const auto at = json.find(field);
  return at != json.end() && at->is_string() ? at->get<std::string>() : "";
}

// The class that tokenizer_config.json names, else that of config.json's model_type; null for one without tokens.
const ClassTokens* class_of(const SortedJson& json, const std::filesystem::path& folder) {
  std::string name = text_field(json, "tokenizer_class"), type;
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  if (name.empty() && std::filesystem::exists(folder / "config.json"))
    type = " " + text_field(object_of(folder / "config.json"), "model_type") + " ";
  for (const ClassTokens& each : kClasses) {
    if (name.empty() ? type.size() < 3 || each.model_types.find(type) == std::string_view::npos : each.name != name)
      continue;
    const auto tokenizer = folder / "tokenizer.json";
    const bool looked_at = each.not_byte_level && std::filesystem::exists(tokenizer);
    return looked_at && read_file(tokenizer).find("\"ByteLevel\"") != std::string::npos ? nullptr : &each;
  }
  return nullptr;
}

void add_class_tokens(const SortedJson& json, const std::filesystem::path& folder, TokenizerConfig& config) {
  const bool complete = json.contains("bos_token") && json.contains("eos_token") && json.contains("unk_token");
  const ClassTokens* const found = complete ? nullptr : class_of(json, folder);
  if (!found) return;
  const auto fill = [&](const char* field, std::string& token, std::string_view otherwise) {
    if (!json.contains(field) && token.empty()) token = otherwise;
  };
  fill("bos_token", config.bos_token, found->bos);
  fill("eos_token", config.eos_token, found->eos);
  fill("unk_token", config.unk_token, found->unk);
  fill("pad_token", config.pad_token, found->pad);
}

}  // namespace

TokenizerConfig load_tokenizer_config(const std::filesystem::path& folder) {
  TokenizerConfig config;
  const auto path = folder / "tokenizer_config.json", map = folder / "special_tokens_map.json";
  const SortedJson json = std::filesystem::exists(path) ? object_of(path) : SortedJson::object();
  read_tokens(json, path.string(), config);
  if (std::filesystem::exists(map) && !json.contains("added_tokens_decoder"))
    read_tokens(object_of(map), map.string(), config);
  add_class_tokens(json, folder, config);
  read_templates(json, path.string(), config);
  const auto jinja = folder / "chat_template.jinja", tools = folder / "additional_chat_templates" / "tool_use.jinja";
  if (std::filesystem::exists(jinja)) config.chat_template = read_file(jinja);
  if (std::filesystem::exists(tools)) config.tool_template = read_file(tools);
  return config;
}

}  // namespace hrm::text
