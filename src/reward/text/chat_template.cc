#include "text/chat_template.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/utf8.h"
#include "text/chat_program.h"

namespace hrm::text {
namespace {

constexpr std::string_view kWhere = "text.chat_template";
constexpr std::string_view kChatMlSystem = "<|im_start|>system\n";
constexpr std::string_view kChatMlEnd = "<|im_end|>";

// Marks of programs that do more than the two forms: what they do to a conversation. dated: so do Llama 3.1 and 3.2 in
// writing their dates, and with tools.
struct Beyond {
  std::string_view mark, what;
  bool dated = false;
};
constexpr Beyond kBeyond[] = {
    {"</think>", "it removes reasoning from earlier answers"},
    {"strftime", "it writes today's date", true},
    {"Knowledge Date", "it writes dates into the system message", true},
    {"raise_exception", "it refuses some orders of roles", true},
};
constexpr std::string_view kKnowledge = "Cutting Knowledge Date: December 2023";

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

Error refused(std::string_view source, std::string_view why) {
  return bad_input(kWhere, "{}: chat template not recognized: {}; replace it with one of the ChatML or Llama 3 form",
                   source, why);
}

// The text of a Jinja string literal.
std::string unescaped(std::string_view literal) {
  std::string text;
  for (size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] != '\\' || i + 1 == literal.size()) {
      text += literal[i];
      continue;
    }
    switch (const char c = literal[++i]) {
      case 'n':
        text += '\n';
        break;
      case 't':
        text += '\t';
        break;
      case 'r':
        text += '\r';
        break;
      case '\\':
      case '\'':
      case '"':
        text += c;
        break;
      default:
        text.append({'\\', c});
    }
  }
  return text;
}

// The message between <|im_start|>system\n and <|im_end|> where both stand in one literal; empty if they do not.
std::string find_default_system(std::string_view jinja) {
  for (const std::string_view head : {std::string_view("<|im_start|>system\\n"), kChatMlSystem}) {
    for (size_t at = 0; (at = jinja.find(head, at)) != std::string_view::npos;) {
      at += head.size();
      const size_t end = jinja.find(kChatMlEnd, at);
      const std::string_view inside = jinja.substr(at, end == std::string_view::npos ? 0 : end - at);
      if (!inside.empty() && !has(inside, "'") && !has(inside, "\"") && !has(inside, "{{")) return unescaped(inside);
    }
  }
  return "";
}

// What Llama 3.1 and 3.2 write before every system message; empty for another program. Of their exceptions all are
// about tools.
std::string find_dates(std::string_view jinja) {
  constexpr std::string_view kSet = "set date_string = \"";
  constexpr std::string_view kMarks[] = {kKnowledge, "Today Date: \" + date_string", "set system_message = \"\"",
                                         "tools"};
  const size_t at = jinja.find(kSet), begin = at + kSet.size();
  if (at == std::string_view::npos) return "";
  for (const std::string_view mark : kMarks)
    if (!has(jinja, mark)) return "";
  const size_t end = jinja.find('"', begin);
  if (end == std::string_view::npos) return "";
  return fmt::format("{}\nToday Date: {}\n\n", kKnowledge, jinja.substr(begin, end - begin));
}

struct Marks {
  std::string_view begin, behind_role, end;
};
constexpr Marks kChatMlMarks = {"<|im_start|>", "\n", "<|im_end|>\n"};
constexpr Marks kLlamaMarks = {"<|start_header_id|>", "<|end_header_id|>\n\n", "<|eot_id|>"};

bool take(std::string_view& text, std::string_view part) {
  if (!text.starts_with(part)) return false;
  text.remove_prefix(part.size());
  return true;
}

// Whether a program that writes this (text/chat_program.h) writes messages of the form, for every role, and no more:
//   begin role behind_role content end ...  begin assistant behind_role
bool writes_form(std::string_view written, const Marks& marks, std::string_view system) {
  constexpr std::string_view kRoles[] = {"system", "user", "assistant"};
  bool any_role = false;
  std::set<std::string_view> roles;
  while (!written.empty()) {
    if (take(written, "<|begin_of_text|>")) continue;
    if (!take(written, marks.begin)) return false;
    std::string_view role;
    for (const std::string_view each : kRoles)
      if (role.empty() && take(written, each)) role = each;
    const bool given = role.empty() && take(written, {&kRoleMark, 1});
    if ((role.empty() && !given) || !take(written, marks.behind_role)) return false;
    const bool content = take(written, {&kContentMark, 1});
    if (!content && role == "assistant" && (written.empty() || written.starts_with(marks.begin))) continue;
    if (!content && (role != "system" || system.empty() || !take(written, system))) return false;
    if (!take(written, marks.end)) return false;
    any_role = any_role || (given && content);
    if (content) roles.insert(role);
  }
  return any_role || std::ranges::all_of(kRoles, [&](std::string_view role) { return roles.contains(role); });
}

// Whether every message's content is stripped: ... message['content'] | trim ...
bool strips(std::string_view jinja) { return has(jinja, "| trim") || has(jinja, "|trim") || has(jinja, ".strip()"); }

}  // namespace

ChatTemplate ChatTemplate::named(std::string_view name) {
  if (name == "chatml") return ChatTemplate(Form::kChatMl);
  if (name != "llama3") throw bad_input(kWhere, "chat template '{}' is not known, expected chatml or llama3", name);
  ChatTemplate llama(Form::kLlama3);
  llama.strip_ = true;
  return llama;
}

ChatTemplate ChatTemplate::recognize(std::string_view jinja, std::string_view source) {
  const bool chatml = has(jinja, "<|im_start|>") && has(jinja, kChatMlEnd);
  const bool llama = has(jinja, "<|start_header_id|>") && has(jinja, "<|end_header_id|>") && has(jinja, "<|eot_id|>");
  if (chatml == llama) throw refused(source, "it has the marks of neither ChatML nor Llama 3");
  const std::string dates = llama ? find_dates(jinja) : "";
  for (const Beyond& beyond : kBeyond)
    if (has(jinja, beyond.mark) && (dates.empty() || !beyond.dated)) throw refused(source, beyond.what);
  ChatTemplate found(chatml ? Form::kChatMl : Form::kLlama3);
  found.dates_ = dates;
  found.strip_ = strips(jinja);
  found.tools_ = has(jinja, "tool");
  if (chatml && has(jinja, "loop.last") && !found.tools_)
    throw refused(source, "it ends the last message in another way");
  if (chatml) found.system_ = find_default_system(jinja);
  if (chatml && found.system_.empty() && (has(jinja, "!= 'system'") || has(jinja, "!= \"system\"")))
    throw refused(source, "its behavior without a system message is not clear");
  // Programs with tools or dates are too large to be read this way: they are those of known models, told by their
  // marks.
  const bool is_simple = !found.tools_ && dates.empty();
  if (is_simple && !writes_form(written_by(jinja, llama, source), chatml ? kChatMlMarks : kLlamaMarks, found.system_))
    throw refused(source, fmt::format("it has {}'s marks but writes something else", chatml ? "ChatML" : "Llama 3"));
  return found;
}

std::string_view ChatTemplate::name() const { return form_ == Form::kChatMl ? "chatml" : "llama3"; }

std::string_view ChatTemplate::trimmed(std::string_view content) const { return strip_ ? strip(content) : content; }

void ChatTemplate::append(std::string& text, std::string_view role, std::string_view content) const {
  if (form_ == Form::kChatMl)
    text.append("<|im_start|>").append(role).append("\n").append(content).append("<|im_end|>\n");
  else
    text.append("<|start_header_id|>")
        .append(role)
        .append("<|end_header_id|>\n\n")
        .append(content)
        .append("<|eot_id|>");
}

std::string ChatTemplate::render(std::span<const ChatMessage> messages, bool add_generation_prompt) const {
  std::string text;
  if (form_ == Form::kLlama3 && !messages.empty()) text = "<|begin_of_text|>";
  if (!messages.empty()) {
    const bool given = messages[0].role == "system";
    if (!dates_.empty()) {
      append(text, "system", dates_ + std::string(given ? trimmed(messages[0].content) : ""));
      if (given) messages = messages.subspan(1);
    } else if (!system_.empty() && !given) {
      append(text, "system", trimmed(system_));
    }
  }
  for (const ChatMessage& message : messages) {
    if (tools_ && message.role != "system" && message.role != "user" && message.role != "assistant")
      throw bad_input(kWhere, "a message of role '{}': this model's chat template writes it in an unknown form",
                      message.role.substr(0, 60));
    append(text, message.role, trimmed(message.content));
  }
  if (add_generation_prompt)
    text += form_ == Form::kChatMl ? "<|im_start|>assistant\n" : "<|start_header_id|>assistant<|end_header_id|>\n\n";
  return text;
}

}  // namespace hrm::text
