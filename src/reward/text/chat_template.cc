#include "text/chat_template.h"

#include "base/error.h"
#include "text/date.h"

namespace hrm::text {
namespace {

constexpr std::string_view kInChatTemplate = "text.chat_template";
constexpr const char* kChatMl =
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

}  // namespace

void ChatSettings::validate(std::string_view source) const {
  if (!date.empty()) check_date(date, source);
  if (!variables.is_object())
    throw bad_input(
        kInChatTemplate,
        "{}: the variables of chat templates are {}, expected an object such as {{\"enable_thinking\": false}}", source,
        printable(variables).substr(0, 80));
}

ChatSettings chat_settings(const std::string& date, const std::string& variables, std::string_view source) {
  ChatSettings made{.date = date, .variables = Json::object()};
  if (!variables.empty()) made.variables = parse_json(variables, source);
  made.validate(source);
  return made;
}

Conversation conversation(std::span<const ChatMessage> messages, bool add_generation_prompt) {
  Conversation made{.messages = Json::array(),
                    .tools = nullptr,
                    .documents = nullptr,
                    .add_generation_prompt = add_generation_prompt};
  for (const ChatMessage& message : messages)
    made.messages.push_back({{"role", message.role}, {"content", message.content}});
  return made;
}

ChatTemplate::ChatTemplate(const TokenizerConfig& config, const std::string& source)
    : program_(jinja::parse_program(config.chat_template, source)), tokens_(Json::object()) {
  if (!config.tool_template.empty()) tool_program_ = jinja::parse_program(config.tool_template, source);
  for (const auto& [field, token] : kSpecialTokenFields)
    if (!(config.*token).empty()) tokens_[field] = config.*token;
}

ChatTemplate ChatTemplate::chatml() {
  TokenizerConfig config;
  config.chat_template = kChatMl;
  return ChatTemplate(config, "ChatML");
}

std::string ChatTemplate::render(const Conversation& conversation, const ChatSettings& settings,
                                 const jinja::Limits& limits) const {
  settings.validate(program_->source);
  Json variables = tokens_;
  for (const auto& [name, value] : settings.variables.items()) variables[name] = value;
  const bool has_tools = !conversation.tools.is_null();
  variables["messages"] = conversation.messages;
  variables["tools"] = conversation.tools;
  variables["documents"] = conversation.documents;
  variables["add_generation_prompt"] = conversation.add_generation_prompt;
  jinja::Run run{.variables = nullptr, .date = settings.date, .limits = limits};
  try {
    const jinja::Value all = jinja::from_json(variables);
    run.variables = std::shared_ptr<jinja::Dict>(std::make_shared<jinja::Value>(all), &all.as<jinja::Dict>());
  } catch (const jinja::Fault& fault) {
    throw bad_input(kInChatTemplate, "{}: the conversation cannot be rendered: {}", program_->source, fault.what);
  }
  return jinja::Machine(has_tools && tool_program_ ? *tool_program_ : *program_, run).run();
}

}  // namespace hrm::text
