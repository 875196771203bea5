// What a Hugging Face folder says about its tokenizer besides tokenizer.json: the names of special tokens and the chat
// template.
#pragma once

#include <filesystem>
#include <string>

namespace hrm::text {

struct TokenizerConfig {
  // Contents; empty if the model has none.
  std::string bos_token = {}, eos_token = {}, pad_token = {}, unk_token = {};
  std::string chat_template = {};  // Jinja text; empty if there is none
  std::string tool_template = {};  // the one for chats with tools, if it is another
  std::string sep_token = {}, cls_token = {}, mask_token = {};
};

// The fields of tokenizer_config.json that name special tokens.
struct SpecialTokenField {
  const char* name;
  std::string TokenizerConfig::*token;
};
inline constexpr SpecialTokenField kSpecialTokenFields[] = {
    {"bos_token", &TokenizerConfig::bos_token},  {"eos_token", &TokenizerConfig::eos_token},
    {"pad_token", &TokenizerConfig::pad_token},  {"unk_token", &TokenizerConfig::unk_token},
    {"sep_token", &TokenizerConfig::sep_token},  {"cls_token", &TokenizerConfig::cls_token},
    {"mask_token", &TokenizerConfig::mask_token}};

// Reads tokenizer_config.json and special_tokens_map.json as transformers does: the map overrules, unless
// tokenizer_config.json has added_tokens_decoder, as folders since 2023 do. Tokens that neither names are those of the
// tokenizer's class (GPT2Tokenizer: <|endoftext|>; LlamaTokenizer: <s> and </s>); one that is null does not count. Templates
// stand in tokenizer_config.json, in chat_template.jinja and in additional_chat_templates/tool_use.jinja (the newer
// places). All empty if the folder has none of these. Throws bad_input naming file and field.
TokenizerConfig load_tokenizer_config(const std::filesystem::path& folder);

}  // namespace hrm::text
