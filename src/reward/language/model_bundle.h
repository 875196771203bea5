// A model with its tokenizer, chat template and end tokens.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "language/model_io.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"
#include "text/tokenizer_config.h"
#include "text/tokenizer_spec.h"

namespace hrm::language {

struct ModelBundle {
  LanguageModel model;
  text::TokenizerSpec tokenizer_spec;  // what the tokenizer was made of, to be written with the model
  text::Tokenizer tokenizer;
  text::TokenizerConfig tokenizer_config;
  // End of text: eos_token_id of config.json and generation_config.json (or of the GGUF metadata), the tokenizer's end
  // token, and message_end. Sorted, no duplicates.
  std::vector<int32_t> end_tokens;
  // Null if the model has no chat template or one that cannot be read; chat_fault then has the reason.
  std::shared_ptr<const text::ChatTemplate> chat_template = nullptr;
  std::string chat_fault = {};
  text::ChatSettings chat = {};             // of all chats; may be set after loading
  std::optional<int32_t> message_end = {};  // the special token that the template writes behind an answer

  // Fills rows up: the padding token, else an end token, else 0.
  int32_t pad_token() const;
  bool ends(int32_t token) const;
  // The conversation as the model was trained on it; a last message of "assistant" is to be continued, else an answer
  // is to begin. Throws bad_input if the model has no chat template, and as ChatTemplate::render does.
  std::string render_chat(text::Conversation conversation) const;
};

// path: a Hugging Face folder with tokenizer.json, or a .gguf file (tokenizer.ggml.* and tokenizer.chat_template).
// Throws bad_input naming file and fault: what load_model refuses, a missing tokenizer, one with more tokens than the
// model has rows.
ModelBundle load_bundle(const std::filesystem::path& path, const LoadOptions& options = {});

// A loaded model (language/model_io.h) with the tokenizer of a folder, its own or that of an adapter. Throws as above.
ModelBundle load_bundle(LanguageModel model, const std::filesystem::path& tokenizer);

// A bundle around a model and tokenizer made in the program. Throws bad_input if they disagree.
ModelBundle make_bundle(LanguageModel model, text::TokenizerSpec spec, text::TokenizerConfig config);

// A Hugging Face folder with tokenizer, loadable by transformers and load_bundle; config.json is written last.
// Throws as save_model does.
void save_bundle(const std::filesystem::path& folder, const ModelBundle& bundle, at::ScalarType type);

// What GGUF metadata says of the tokenizer. Throws bad_input naming file and key.
text::GgmlVocabulary ggml_vocabulary(const Gguf& file);

}  // namespace hrm::language
