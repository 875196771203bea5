// Any bytes as a chat template: refused, or a text within bounds.
#include <cstdint>

#include "base/error.h"
#include "text/chat_template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hrm;
  text::TokenizerConfig config;
  config.chat_template = std::string(reinterpret_cast<const char*>(data), size);
  config.bos_token = "<s>";
  if (size == 0) return 0;
  text::Conversation chat;
  chat.messages = {{{"role", "user"}, {"content", "Hi \xe4\xbd\xa0"}},
                   {{"role", "assistant"}, {"content", nullptr}, {"tool_calls", {{{"id", 1}, {"x", {1.5, true}}}}}}};
  chat.tools = {{{"name", "f"}, {"parameters", {{"type", "object"}}}}};
  const text::ChatSettings settings{.date = "2024-07-26", .variables = {{"flag", true}}};
  try {
    text::ChatTemplate(config, "fuzz").render(chat, settings, {.steps = 200'000, .bytes = 1 << 24, .output = 1 << 20});
  } catch (const Error&) {
  }
  return 0;
}
