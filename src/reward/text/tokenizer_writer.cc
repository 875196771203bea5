#include "text/tokenizer_writer.h"

#include <algorithm>

#include "base/files.h"
#include "base/json.h"
#include "text/byte_alphabet.h"
#include "text/character_alphabet.h"
#include "text/split.h"

namespace hrm::text {
namespace {

Json vocabulary_json(const TokenizerSpec& spec) {
  std::vector<std::pair<int32_t, std::string_view>> by_id;
  for (const auto& [token, id] : spec.vocabulary) by_id.emplace_back(id, token);
  std::ranges::sort(by_id);
  Json json = Json::object();
  auto& object = json.get_ref<Json::object_t&>();  // as a list: an ordered object looks through all keys for a new one
  for (const auto& [id, token] : by_id) object.std::vector<Json::object_t::value_type>::emplace_back(token, id);
  return json;
}

Json added_json(const TokenizerSpec& spec) {
  std::vector<AddedToken> added = spec.added;
  std::ranges::sort(added, {}, &AddedToken::id);  // transformers numbers those that the vocabulary lacks in this order
  Json json = Json::array();
  for (const AddedToken& token : added)
    json.push_back({{"id", token.id},
                    {"content", token.content},
                    {"single_word", token.single_word},
                    {"lstrip", token.lstrip},
                    {"rstrip", token.rstrip},
                    {"normalized", token.normalized},
                    {"special", token.special}});
  return json;
}

Json byte_level(bool add_prefix_space, bool use_regex) {
  return {
      {"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}, {"trim_offsets", false}, {"use_regex", use_regex}};
}

Json metaspace(const TokenizerSpec& spec, bool split) {
  const char* scheme = spec.prefix_space == PrefixSpace::kNone   ? "never"
                       : spec.prefix_space == PrefixSpace::kText ? "first"
                                                                 : "always";
  return {{"type", "Metaspace"}, {"replacement", kBlankMark}, {"prepend_scheme", scheme}, {"split", split}};
}

Json replace(std::string_view from, std::string_view to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

Json normalizer_json(const TokenizerSpec& spec) {
  if (spec.nfc) return {{"type", "NFC"}};
  if (spec.prefix_space != PrefixSpace::kAlways) return nullptr;
  return {{"type", "Sequence"},
          {"normalizers", {{{"type", "Prepend"}, {"prepend", kBlankMark}}, replace(" ", kBlankMark)}}};
}

Json decoder_json(const TokenizerSpec& spec) {
  if (!spec.characters) return byte_level(true, true);
  if (spec.dropped_space == DroppedSpace::kFirstToken) return metaspace(spec, false);
  Json steps = {replace(kBlankMark, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
  if (spec.dropped_space == DroppedSpace::kOne)
    steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  return {{"type", "Sequence"}, {"decoders", std::move(steps)}};
}

Json pre_tokenizer_json(const TokenizerSpec& spec) {
  const bool prefix_space = spec.prefix_space != PrefixSpace::kNone;
  if (spec.characters)
    return spec.prefix_space == PrefixSpace::kAlways ? Json() : metaspace(spec, !spec.splits.empty());
  if (spec.splits == std::vector<std::string>{kGpt2Split}) return byte_level(prefix_space, true);
  Json steps = Json::array();
  for (const std::string& split : spec.splits)
    steps.push_back({{"type", "Split"}, {"pattern", {{"Regex", split}}}, {"behavior", "Isolated"}, {"invert", false}});
  steps.push_back(byte_level(prefix_space, false));
  return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

std::string token_of(const TokenizerSpec& spec, int32_t id) {
  for (const AddedToken& token : spec.added)
    if (token.id == id) return token.content;
  for (const auto& [token, known] : spec.vocabulary)
    if (known == id) return token;
  return "";
}

Json post_processor_json(const TokenizerSpec& spec) {
  if (spec.prefix.empty() && spec.suffix.empty())
    return spec.characters ? Json() : byte_level(true, true);  // moves offsets only
  Json special = Json::object();
  Json single = Json::array(), pair = Json::array();
  const auto append = [&](Json& to, int32_t id, int type) {
    const std::string token = token_of(spec, id);
    special[token] = {{"id", token}, {"ids", {id}}, {"tokens", {token}}};
    to.push_back({{"SpecialToken", {{"id", token}, {"type_id", type}}}});
  };
  for (const int type : {0, 1}) {
    Json part = Json::array();
    for (const int32_t id : spec.prefix) append(part, id, type);
    part.push_back({{"Sequence", {{"id", type == 0 ? "A" : "B"}, {"type_id", type}}}});
    for (const int32_t id : spec.suffix) append(part, id, type);
    if (type == 0) single = part;
    for (Json& item : part) pair.push_back(std::move(item));
  }
  return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", special}};
}

}  // namespace

std::string to_tokenizer_json(const TokenizerSpec& spec) {
  Json merges = Json::array();
  for (const auto& [left, right] : spec.merges) merges.push_back(left + " " + right);
  const Json model = {{"type", "BPE"},
                      {"dropout", nullptr},
                      {"unk_token", spec.unknown ? Json(*spec.unknown) : Json()},
                      {"continuing_subword_prefix", nullptr},
                      {"end_of_word_suffix", nullptr},
                      {"fuse_unk", spec.fuse_unknown},
                      {"byte_fallback", spec.byte_fallback},
                      {"ignore_merges", spec.ignore_merges},
                      {"vocab", vocabulary_json(spec)},
                      {"merges", std::move(merges)}};
  const Json file = {{"version", "1.0"},
                     {"truncation", nullptr},
                     {"padding", nullptr},
                     {"added_tokens", added_json(spec)},
                     {"normalizer", normalizer_json(spec)},
                     {"pre_tokenizer", pre_tokenizer_json(spec)},
                     {"post_processor", post_processor_json(spec)},
                     {"decoder", decoder_json(spec)},
                     {"model", model}};
  return printable(file, 1) + "\n";
}

void save_tokenizer(const std::filesystem::path& folder, const TokenizerSpec& spec, const TokenizerConfig& config) {
  write_file_atomic(folder / "tokenizer.json", to_tokenizer_json(spec));
  Json json = {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}};
  for (const auto& [field, token] : kSpecialTokenFields)
    if (!(config.*token).empty()) json[field] = config.*token;
  if (config.tool_template.empty()) {
    if (!config.chat_template.empty()) json["chat_template"] = config.chat_template;
  } else {
    Json& named = json["chat_template"] = Json::array();
    if (!config.chat_template.empty()) named.push_back({{"name", "default"}, {"template", config.chat_template}});
    named.push_back({{"name", "tool_use"}, {"template", config.tool_template}});
  }
  write_json(folder / "tokenizer_config.json", json);
}

TokenizerSpec byte_spec(const std::vector<std::string>& phrases) {
  TokenizerSpec spec;
  for (int32_t b = 0; b < 256; ++b) spec.vocabulary.emplace(to_byte_alphabet(std::string(1, static_cast<char>(b))), b);
  int32_t id = 256;
  spec.added.push_back({.id = id++, .content = kEnd, .special = true});
  for (const std::string& phrase : phrases) spec.added.push_back({.id = id++, .content = phrase});
  return spec;
}

TokenizerConfig byte_config() {
  return {.bos_token = "", .eos_token = kEnd, .pad_token = kEnd, .unk_token = "", .chat_template = ""};
}

}  // namespace hrm::text
