#include "text/tokenizer_config.h"

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace hrm::text {
namespace {

constexpr std::string_view kWhere = "text.tokenizer_config";

// "<eos>", or {"content": "<eos>", ...}.
std::string token(const SortedJson& json, const char* field, std::string_view source) {
  const auto found = json.find(field);
  if (found == json.end() || found->is_null()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (found->is_object() && found->contains("content") && (*found)["content"].is_string())
    return (*found)["content"].get<std::string>();
  throw bad_input(kWhere, "{}: {} is not a token", source, field);
}

// A text, or a list of {"name", "template"} of which "default" is taken.
std::string chat_template(const SortedJson& json, std::string_view source) {
  const auto found = json.find("chat_template");
  if (found == json.end() || found->is_null()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (found->is_array())
    for (const SortedJson& each : *found)
      if (each.is_object() && each.contains("name") && each["name"] == "default" && each.contains("template") &&
          each["template"].is_string())
        return each["template"].get<std::string>();
  throw bad_input(kWhere, "{}: chat_template is neither a text nor a list with one called 'default'", source);
}

}  // namespace

TokenizerConfig load_tokenizer_config(const std::filesystem::path& folder) {
  TokenizerConfig config;
  const auto path = folder / "tokenizer_config.json", jinja = folder / "chat_template.jinja";
  if (std::filesystem::exists(path)) {
    const std::string source = path.string();
    const SortedJson json = parse_sorted_json(read_file(path), source);
    if (!json.is_object()) throw bad_input(kWhere, "{}: is not a JSON object", source);
    config = {token(json, "bos_token", source), token(json, "eos_token", source), token(json, "pad_token", source),
              token(json, "unk_token", source), chat_template(json, source)};
  }
  if (std::filesystem::exists(jinja)) config.chat_template = read_file(jinja);
  return config;
}

}  // namespace hrm::text
