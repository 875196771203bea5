// Replies: from JSON to choices.
#include <algorithm>
#include <array>
#include <tuple>

#include "base/utf8.h"
#include "formats/bytes.h"
#include "policy/openai.h"
#include "policy/reply_json.h"
#include "policy/stop.h"

namespace hrm::policy {
namespace {

std::string printed(const ReplyJson& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, ReplyJson::error_handler_t::replace);
}

// Null where it is missing.
const ReplyJson& member(const ReplyJson& at, std::string_view key) {
  static const ReplyJson kNull;
  const auto found = at.find(key);
  return found == at.end() ? kNull : *found;
}

const ReplyJson& object_member(const ReplyJson& at, std::string_view key, std::string_view source,
                               std::string_view type) {
  const ReplyJson& value = member(at, key);
  const bool fits = type == "an object" ? value.is_object() : type == "a list" ? value.is_array() : value.is_string();
  if (!fits)
    throw bad_input("policy.http", "{}: field '{}' is {}, expected {}", source, key,
                    value.is_null() ? "missing or null" : shown(printed(value)), type);
  return value;
}

struct TokenText {
  std::string text;
  float logprob = 0;
};

float number_of(const ReplyJson& value, std::string_view source) {
  if (!value.is_number())
    throw bad_input("policy.http", "{}: a log-probability is {}, expected a number", source, shown(printed(value)));
  return static_cast<float>(value.get<double>());
}

// "content": [{"token", "logprob"}, ...] of chats and llama.cpp.
std::vector<TokenText> token_list(const ReplyJson& list, std::string_view source) {
  std::vector<TokenText> tokens;
  for (const ReplyJson& entry : list) {
    if (!entry.is_object()) throw bad_input("policy.http", "{}: a token of 'logprobs' is not an object", source);
    tokens.push_back({object_member(entry, "token", source, "a text").get<std::string>(),
                      number_of(member(entry, "logprob"), source)});
  }
  return tokens;
}

std::vector<TokenText> read_logprobs(const ReplyJson& choice, std::string_view source) {
  const ReplyJson& logprobs = member(choice, "logprobs");
  if (!logprobs.is_object()) return {};
  if (const ReplyJson& content = member(logprobs, "content"); content.is_array()) return token_list(content, source);
  if (!member(logprobs, "token_logprobs").is_array()) return {};
  const ReplyJson& values = member(logprobs, "token_logprobs");
  const ReplyJson& texts = member(logprobs, "tokens");
  std::vector<TokenText> tokens;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool named = texts.is_array() && i < texts.size() && texts[i].is_string();
    tokens.push_back({named ? texts[i].get<std::string>() : "", number_of(values[i], source)});
  }
  return tokens;
}

// Those that begin before the end of the text.
void keep_logprobs(Choice& choice, const std::vector<TokenText>& tokens, bool cut) {
  size_t at = 0;
  for (const TokenText& token : tokens) {
    if (cut && at >= choice.text.size()) break;
    choice.logprobs.push_back(token.logprob);
    at += token.text.size();
  }
}

// What the server says of the stop string: a text, another end (a token, or null if the field is always there), or
// nothing.
struct StopReport {
  bool known = false;
  std::string text;
};

StopReport stop_report(const ReplyJson& choice, const std::vector<std::string>& stop) {
  for (const char* key : {"stop_reason", "matched_stop", "stop_sequence", "stopping_word"}) {
    const auto at = choice.find(key);
    if (at == choice.end() || (at->is_null() && std::string_view(key) == "stop_sequence")) continue;
    if (!at->is_string()) return {.known = true};
    std::string text = at->get<std::string>();
    // Some servers repeat the finish_reason here, which names no stop string.
    const bool names = std::ranges::find(stop, text) != stop.end();
    if (!names && text.find("stop") != std::string::npos) continue;
    return {.known = true, .text = std::move(text)};
  }
  return {};
}

// sent: the stop strings that the server was given.
void set_stop(Choice& choice, const StopReport& report, const std::vector<std::string>& sent) {
  if (report.known) {
    const bool asked = std::ranges::find(sent, report.text) != sent.end();
    choice.finish = asked && !report.text.empty() ? Finish::kStop : Finish::kEnd;
    choice.stop = choice.finish == Finish::kStop ? report.text : "";
  } else if (!sent.empty()) {
    choice.finish = Finish::kStop;
    choice.stop = sent.size() == 1 ? sent.front() : "";
  }
}

bool holds_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

// Names of ends differ: MAX_TOKENS, model_length, eos_token, end_turn, content_filter, abort, ... Null or missing: it does
// not say.
void set_finish(Choice& choice, const ReplyJson& json, const std::vector<std::string>& sent, std::string_view source) {
  if (member(json, "finish_reason").is_null()) return set_stop(choice, stop_report(json, sent), sent);
  const std::string reason = lower(object_member(json, "finish_reason", source, "a text").get<std::string>());
  if (holds_one_of(
          reason, {"filter", "abort", "error", "cancel", "safety", "sensitive", "recitation", "prohibited", "blocklist",
                   "spii", "timeout", "overload", "interrupt", "insufficient", "unavailable", "fail"}))
    choice.finish = Finish::kBroken;
  else if (holds_one_of(reason, {"length", "max_", "limit", "context"}))
    choice.finish = Finish::kLength;
  else if (reason.empty() || reason.find("stop") != std::string::npos)
    set_stop(choice, stop_report(json, sent), sent);
  else
    choice.finish = Finish::kEnd;  // eos, end_turn, tool_calls, ...
}

// A text, or a list of parts of which those that are texts count: the others are thoughts.
std::optional<std::string> content_text(const ReplyJson& content) {
  if (content.is_string()) return content.get<std::string>();
  if (!content.is_array()) return std::nullopt;
  std::string text;
  for (const ReplyJson& part : content) {
    if (part.is_string()) text += part.get_ref<const std::string&>();
    if (!part.is_object()) continue;
    const ReplyJson& type = member(part, "type");
    const ReplyJson& words = member(part, "text");
    if (words.is_string() && (type.is_null() || type == "text" || type == "output_text"))
      text += words.get_ref<const std::string&>();
  }
  return text;
}

// A model whose thoughts took all its tokens, one that the server broke off, and one that refused wrote no answer: the
// field is null or missing. Elsewhere that is no reply; nullopt.
std::optional<std::string> text_field(const ReplyJson& at, const char* key, const Choice& choice,
                                      std::string_view source) {
  const ReplyJson& value = member(at, key);
  if (auto text = content_text(value)) return *std::move(text);
  const bool thought =
      std::ranges::any_of(std::array{"reasoning", "reasoning_content", "reasoning_details", "thinking", "refusal"},
                          [&](const char* name) { return !member(at, name).is_null(); });
  if (value.is_null() && (thought || choice.finish == Finish::kLength || choice.finish == Finish::kBroken)) return "";
  if (value.is_null()) return std::nullopt;
  return object_member(at, key, source, "a text").get<std::string>();
}

int64_t count_field(const ReplyJson& object, std::string_view key) {
  const ReplyJson& value = member(object, key);
  if (!value.is_number_integer()) return 0;
  return std::clamp<int64_t>(value.is_number_unsigned()
                                 ? static_cast<int64_t>(std::min<uint64_t>(value.get<uint64_t>(), INT64_MAX))
                                 : value.get<int64_t>(),
                             0, int64_t{1} << 40);
}

int64_t guessed_tokens(const Choice& choice) { return static_cast<int64_t>((choice.text.size() + 3) / 4); }

// The total, shared by the length of the texts; the first ones get what rounding leaves.
void share_tokens(std::vector<Choice>& choices, int64_t total) {
  double bytes = 0;
  for (const Choice& choice : choices) bytes += static_cast<double>(choice.text.size()) + 1;
  int64_t left = total;
  for (Choice& choice : choices) {
    choice.tokens =
        static_cast<int64_t>(static_cast<double>(total) * (static_cast<double>(choice.text.size()) + 1) / bytes);
    left -= choice.tokens;
  }
  for (size_t i = 0; left > 0; i = (i + 1) % choices.size(), --left) ++choices[i].tokens;
}

void count_tokens(Response& response, const ReplyJson& reply, size_t given) {
  const ReplyJson& usage = member(reply, "usage");
  response.prompt_tokens = usage.is_object() ? count_field(usage, "prompt_tokens") : 0;
  std::vector<Choice>& choices = response.choices;
  if (std::ranges::all_of(choices, [](const Choice& choice) { return !choice.logprobs.empty(); })) {
    for (Choice& choice : choices) choice.tokens = static_cast<int64_t>(choice.logprobs.size());
    return;
  }
  const int64_t total = usage.is_object() ? count_field(usage, "completion_tokens") : 0;
  if (given == 1 && total > 0) {
    choices.front().tokens = total;
    return;
  }
  for (Choice& choice : choices) choice.tokens_estimated = true;
  // llama.cpp, known by its "timings", reports the tokens of one choice as the total of several.
  if (total > 0 && given == choices.size() && !reply.contains("timings"))
    share_tokens(choices, total);
  else
    for (Choice& choice : choices) choice.tokens = guessed_tokens(choice);
}

// llama.cpp's server repeats the message that it continued.
void drop_prefix(std::string& text, const Dialect& dialect, const Request& request) {
  const std::string_view begun = begun_answer(request);
  if (dialect.continuation != Continuation::kUser && text.starts_with(begun)) text.erase(0, begun.size());
}

// wrote_nothing: set for a choice without a text, which counts as empty where another choice has one.
struct ParsedChoice {
  Choice choice;
  bool wrote_nothing = false;
};

ParsedChoice parse_choice(const Dialect& dialect, const Request& request, const ReplyJson& json,
                          std::string_view source) {
  if (!json.is_object()) throw bad_input("policy.http", "{}: a choice is not an object", source);
  Choice choice;
  set_finish(choice, json, sent_stop(dialect, request), source);
  if (member(json, "error").is_object()) choice.finish = Finish::kBroken;
  const bool chat = dialect.kind == EndpointKind::kChat;
  std::optional<std::string> text =
      chat ? text_field(object_member(json, "message", source, "an object"), "content", choice, source)
           : text_field(json, "text", choice, source);
  if (!text) return {.choice = std::move(choice), .wrote_nothing = true};
  choice.text = *std::move(text);
  if (chat) drop_prefix(choice.text, dialect, request);
  const bool cut = cut_at_stop(choice, request.stop);
  if (request.logprobs) keep_logprobs(choice, read_logprobs(json, source), cut);
  return {.choice = std::move(choice)};
}

// stop_type, or the flags that older versions have in its place.
std::string llamacpp_stop(const ReplyJson& json, std::string_view source) {
  if (!json.contains("stop_type"))
    for (const auto& [flag, type] :
         {std::pair("stopped_limit", "limit"), {"stopped_word", "word"}, {"stopped_eos", "eos"}})
      if (member(json, flag) == true) return type;
  return object_member(json, "stop_type", source, "a text").get<std::string>();
}

Choice parse_llamacpp(const Dialect& dialect, const Request& request, const ReplyJson& json, std::string_view source) {
  if (!json.is_object()) throw bad_input("policy.http", "{}: a choice is not an object", source);
  Choice choice{.text = object_member(json, "content", source, "a text").get<std::string>()};
  const std::string type = llamacpp_stop(json, source);
  if (type == "limit")
    choice.finish = Finish::kLength;
  else if (type == "word")
    set_stop(choice, {.known = true, .text = object_member(json, "stopping_word", source, "a text").get<std::string>()},
             sent_stop(dialect, request));
  else if (type == "none")
    choice.finish = Finish::kBroken;
  else if (type != "eos")
    throw bad_input("policy.http", "{}: stop_type is '{}', expected eos, limit or word", source, shown(type));
  const bool cut = cut_at_stop(choice, request.stop);
  if (const ReplyJson& list = member(json, "completion_probabilities"); request.logprobs && list.is_array())
    keep_logprobs(choice, token_list(list, source), cut);
  choice.tokens = count_field(json, "tokens_predicted");
  return choice;
}

// By "index", where choices have one; otherwise as given.
void sort_by_index(std::vector<const ReplyJson*>& choices) {
  std::vector<std::tuple<int64_t, size_t, const ReplyJson*>> order;
  for (const ReplyJson* choice : choices) {
    const ReplyJson& index = choice->is_object() ? member(*choice, "index") : *choice;
    order.emplace_back(index.is_number_integer() ? index.get<int64_t>() : -1, order.size(), choice);
  }
  std::ranges::sort(order);
  std::ranges::transform(order, choices.begin(), [](const auto& entry) { return std::get<2>(entry); });
}

// An error in a reply of status 200, as LM Studio (unknown path), OpenRouter (faults of others) and gateways give it.
bool is_error(const ReplyJson& reply) {
  if (!reply.is_object()) return false;
  const ReplyJson& choices = member(reply, "choices");
  if (choices.is_array() && !choices.empty()) return false;
  if (!member(reply, "error").is_null() || member(reply, "detail").is_string()) return true;
  if (!choices.is_null() || reply.contains("content")) return false;
  return member(reply, "message").is_string() || member(reply, "msg").is_string() || !member(reply, "errors").empty() ||
         member(reply, "base_resp").is_object();
}

// Temporary where a code says so; an error without one is the server's considered answer.
bool is_temporary_error(const ReplyJson& error) {
  if (!error.is_object()) return false;
  for (const char* key : {"code", "status", "type"}) {
    const ReplyJson& code = member(error, key);
    if (code.is_number_integer()) return is_temporary_status(code.get<int64_t>());
    if (!code.is_string()) continue;
    const std::string text = lower(code.get<std::string>());
    if (text.size() == 3 && text.find_first_not_of("0123456789") == std::string::npos)
      return is_temporary_status(std::stoi(text));
    if (holds_one_of(text, {"rate_limit", "overload", "server_error", "timeout", "unavailable", "internal"}))
      return true;
  }
  return false;
}

ErrorReply error_reply(const ReplyJson& at, const ReplyJson& error, std::string_view source) {
  return {fmt::format("{}: status 200 with an error ({})", source, error_text(printed(at))), is_temporary_error(error)};
}

}  // namespace

ErrorReply::ErrorReply(const std::string& message, bool temporary)
    : Error(hrm::Fault::kFailure, "policy.http", message), temporary_(temporary) {}

Response parse_reply(const Dialect& dialect, const Request& request, int64_t n, const ReplyText& text) {
  const std::string_view source = text.source;
  const ReplyJson reply = parse_reply_json(text.body, source, text.seconds);
  if (is_error(reply)) throw error_reply(reply, reply.contains("error") ? reply["error"] : reply, source);
  const bool llamacpp = dialect.kind == EndpointKind::kLlamaCpp;
  if (!reply.is_object() && !(llamacpp && reply.is_array()))
    throw bad_input("policy.http", "{}: the reply is '{}', expected an object", source, shown(text.body));
  std::vector<const ReplyJson*> choices;
  if (llamacpp && reply.is_object()) {
    choices.push_back(&reply);
  } else {
    const ReplyJson& list = llamacpp ? reply : object_member(reply, "choices", source, "a list");
    for (const ReplyJson& choice : list) choices.push_back(&choice);
    sort_by_index(choices);
  }
  if (choices.empty()) throw bad_input("policy.http", "{}: the reply has no choices, expected {}", source, n);
  Response response;
  size_t silent = 0;
  for (size_t i = 0; i < choices.size() && i < static_cast<size_t>(n); ++i) {
    ParsedChoice parsed = llamacpp ? ParsedChoice{parse_llamacpp(dialect, request, *choices[i], source)}
                                   : parse_choice(dialect, request, *choices[i], source);
    silent += parsed.wrote_nothing;
    response.choices.push_back(std::move(parsed.choice));
  }
  if (silent == response.choices.size())
    throw bad_input("policy.http", "{}: field '{}' is missing or null, expected a text", source,
                    dialect.kind == EndpointKind::kChat ? "content" : "text");
  const auto broken = [](const ReplyJson* choice) { return choice->is_object() && choice->contains("error"); };
  if (!llamacpp && std::ranges::all_of(choices, broken) && member(*choices.front(), "error").is_object())
    throw error_reply(*choices.front(), (*choices.front())["error"], source);
  if (llamacpp)
    response.prompt_tokens = count_field(*choices.front(), "tokens_evaluated");
  else
    count_tokens(response, reply, choices.size());
  // A server that does not say why a text ended has reached the limit where the count says so.
  if (!llamacpp && choices.size() == 1 && member(*choices.front(), "finish_reason").is_null() &&
      response.choices.front().finish != Finish::kBroken && !response.choices.front().tokens_estimated &&
      response.choices.front().tokens >= request.max_tokens)
    response.choices.front().finish = Finish::kLength;
  return response;
}

}  // namespace hrm::policy
