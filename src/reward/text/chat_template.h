// Conversations as the one text that a chat model was trained on.
//
//   ChatML   <|im_start|>role\ncontent<|im_end|>\n ...                                    Qwen2, SmolLM2
//   Llama 3  <|begin_of_text|><|start_header_id|>role<|end_header_id|>\n\ncontent<|eot_id|> ...   contents stripped
//            From 3.1 on there always is a system message, and it begins with two lines of dates:
//              Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n
//            "Today" is the date that the model's program names for want of a clock, so that a conversation has the
//            same tokens every day (3.2's program would ask the clock first).
//
// Models carry their form as a Jinja program. Those are not run. A simple one is read as far as what it writes
// (text/chat_program.h) and must write the form exactly; one with tools or dates is recognized by the marks of the
// known models that have it. A program that does more than a form says is refused rather than half obeyed.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace hrm::text {

struct ChatMessage {
  std::string role, content;  // "system", "user", "assistant"
};

class ChatTemplate {
 public:
  // "chatml" or "llama3". Throws bad_input for another name.
  static ChatTemplate named(std::string_view name);
  // From the Jinja text of a model (`chat_template` in tokenizer_config.json, tokenizer.chat_template in GGUF
  // metadata). A system message that it puts before a conversation without one is taken over. Throws bad_input naming
  // source and what is not known, and that a form can be named instead.
  static ChatTemplate recognize(std::string_view jinja, std::string_view source);

  // add_generation_prompt: ends with the head of an assistant's message. Special tokens within messages stay what they
  // are. Throws bad_input if the model's template treats a message's role in a way of its own (tool calls).
  std::string render(std::span<const ChatMessage> messages, bool add_generation_prompt) const;

  std::string_view name() const;                                 // of the form
  const std::string& default_system() const { return system_; }  // empty: none

 private:
  enum class Form { kChatMl, kLlama3 };
  explicit ChatTemplate(Form form) : form_(form) {}
  std::string_view trimmed(std::string_view content) const;
  void append(std::string& text, std::string_view role, std::string_view content) const;

  Form form_;
  std::string system_;
  std::string dates_;   // what every system message begins with; empty: nothing
  bool strip_ = false;  // contents lose the white space around them
  bool tools_ = false;  // tool messages have a form that is not known here
};

}  // namespace hrm::text
