// Conversations as the one text that a chat model was trained on.
//
// Models carry their form as a Jinja program. It is run as transformers runs it (jinja2.sandbox's
// ImmutableSandboxedEnvironment with trim_blocks, lstrip_blocks, loop controls, raise_exception, strftime_now, tojson
// and the tag generation) within the bounds of text/jinja_machine.h. What Jinja or Python has and this program has not
// is an error that names its line; nothing is left out in silence. docs/formats/tokenizer.md lists it.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/json.h"
#include "text/jinja_machine.h"
#include "text/jinja_program.h"
#include "text/tokenizer_config.h"

namespace hrm::text {

struct ChatMessage {
  std::string role, content;  // "system", "user", "assistant"
};

// What a user may say of all chats.
struct ChatSettings {
  std::string date;                 // that strftime_now() writes (text/date.h); empty: templates that ask are refused
  Json variables = Json::object();  // that the template finds, such as enable_thinking
  void validate(std::string_view source) const;  // throws bad_input
};

// variables: a JSON object as text, or empty. Throws bad_input naming source.
ChatSettings chat_settings(const std::string& date, const std::string& variables, std::string_view source);

struct Conversation {
  Json messages = Json::array();       // objects with role, content and what else the template reads: tool_calls, ...
  Json tools, documents;               // null: none
  bool add_generation_prompt = false;  // ends with the head of an assistant's message
};
Conversation conversation(std::span<const ChatMessage> messages, bool add_generation_prompt);

class ChatTemplate {
 public:
  // The template that a model's folder or GGUF file names, with its special tokens; source: for messages. Throws
  // bad_input naming source and line for text that is not a template. REQUIRES: config.chat_template is not empty.
  ChatTemplate(const TokenizerConfig& config, const std::string& source);
  // <|im_start|>role\ncontent<|im_end|>\n ...: what models without a template are taken to have learned.
  static ChatTemplate chatml();

  // Special tokens within messages stay what they are. Throws bad_input naming source, line and construct where the
  // template refuses the conversation, does what is not known here, or goes beyond a bound.
  std::string render(const Conversation& conversation, const ChatSettings& settings = {},
                     const jinja::Limits& limits = {}) const;

 private:
  std::shared_ptr<const jinja::Program> program_, tool_program_;  // tool_program_: may be null
  Json tokens_;                                                   // bos_token, ...
};

}  // namespace hrm::text
