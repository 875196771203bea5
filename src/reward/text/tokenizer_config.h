// What a Hugging Face folder says about its tokenizer besides tokenizer.json: the names of special tokens and the chat
// template.
#pragma once

#include <filesystem>
#include <string>

namespace hrm::text {

struct TokenizerConfig {
  std::string bos_token, eos_token, pad_token, unk_token;  // contents; empty if the model has none
  std::string chat_template;                               // Jinja text; empty if there is none
};

// Reads tokenizer_config.json, and chat_template.jinja where that exists (it is the newer place). All empty if the
// folder has neither. Throws bad_input naming file and field.
TokenizerConfig load_tokenizer_config(const std::filesystem::path& folder);

}  // namespace hrm::text
