#include "policy/openai.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <tuple>

#include "formats/bytes.h"
#include "policy/stop.h"

namespace hrm::policy {
namespace {

constexpr std::string_view kGoOn =
    "\n\nThe solution begins as follows. Continue it exactly where it stops, without repeating any of it:\n\n";

bool is_to_be_continued(const Request& request) {
  return !request.messages.empty() && request.messages.back().role == "assistant";
}

std::vector<Message> messages_of(const Dialect& dialect, const Request& request) {
  if (request.messages.empty()) return {{"user", request.prompt}};
  std::vector<Message> messages = request.messages;
  if (!is_to_be_continued(request) || dialect.continuation != Continuation::kUser) return messages;
  const std::string begun = messages.back().content;
  messages.pop_back();
  if (messages.empty() || messages.back().role != "user") messages.push_back({"user", ""});
  if (!begun.empty()) messages.back().content += std::string(kGoOn) + begun;
  return messages;
}

Json chat_body(const Dialect& dialect, const Request& request) {
  Json messages = Json::array();
  for (const Message& message : messages_of(dialect, request))
    messages.push_back({{"role", message.role}, {"content", message.content}});
  Json body = {{"model", dialect.model}, {"messages", std::move(messages)}};
  if (is_to_be_continued(request) && dialect.continuation == Continuation::kFlags) {
    body["continue_final_message"] = true;
    body["add_generation_prompt"] = false;
  }
  if (request.logprobs) {
    body["logprobs"] = true;
    body["top_logprobs"] = 1;
  }
  return body;
}

// Null where it is missing.
const Json& member(const Json& at, std::string_view key) {
  static const Json kNull;
  const auto found = at.find(key);
  return found == at.end() ? kNull : *found;
}

const Json& object_member(const Json& at, std::string_view key, std::string_view source, std::string_view type) {
  const Json& value = member(at, key);
  const bool fits = type == "an object" ? value.is_object() : type == "a list" ? value.is_array() : value.is_string();
  if (!fits)
    throw bad_input("policy.http", "{}: field '{}' is {}, expected {}", source, key,
                    value.is_null() ? "missing or null" : shown(printable(value)), type);
  return value;
}

struct TokenText {
  std::string text;
  float logprob = 0;
};

float number_of(const Json& value, std::string_view source) {
  if (!value.is_number())
    throw bad_input("policy.http", "{}: a log-probability is {}, expected a number", source, shown(printable(value)));
  return static_cast<float>(value.get<double>());
}

// "content": [{"token", "logprob"}, ...] of chats and llama.cpp.
std::vector<TokenText> token_list(const Json& list, std::string_view source) {
  std::vector<TokenText> tokens;
  for (const Json& entry : list) {
    if (!entry.is_object()) throw bad_input("policy.http", "{}: a token of 'logprobs' is no object", source);
    tokens.push_back({object_member(entry, "token", source, "a text").get<std::string>(),
                      number_of(member(entry, "logprob"), source)});
  }
  return tokens;
}

std::vector<TokenText> read_logprobs(const Json& choice, std::string_view source) {
  const Json& logprobs = member(choice, "logprobs");
  if (!logprobs.is_object()) return {};
  if (const Json& content = member(logprobs, "content"); content.is_array()) return token_list(content, source);
  if (!member(logprobs, "token_logprobs").is_array()) return {};
  const Json& values = member(logprobs, "token_logprobs");
  const Json& texts = member(logprobs, "tokens");
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

// What the server says of the stop string: a text, another end (a token, or null where the field is always there), or
// nothing.
struct StopReport {
  bool known = false;
  std::string text;
};

StopReport stop_report(const Json& choice) {
  for (const char* key : {"stop_reason", "matched_stop"})
    if (const auto at = choice.find(key); at != choice.end())
      return {.known = true, .text = at->is_string() ? at->get<std::string>() : ""};
  return {};
}

void set_stop(Choice& choice, const StopReport& report, const std::vector<std::string>& stop) {
  if (report.known) {
    const bool asked = std::ranges::find(stop, report.text) != stop.end();
    choice.finish = asked && !report.text.empty() ? Finish::kStop : Finish::kEnd;
    choice.stop = choice.finish == Finish::kStop ? report.text : "";
  } else if (!stop.empty()) {
    choice.finish = Finish::kStop;
    choice.stop = stop.size() == 1 ? stop.front() : "";
  }
}

void set_finish(Choice& choice, const Json& json, const Request& request, std::string_view source) {
  const std::string reason = object_member(json, "finish_reason", source, "a text").get<std::string>();
  static constexpr std::array<std::string_view, 5> kStops = {"stop", "eos", "eos_token", "stop_sequence", "end_turn"};
  if (reason == "length") {
    choice.finish = Finish::kLength;
  } else if (reason == "stop" || reason == "stop_sequence") {
    set_stop(choice, stop_report(json), request.stop);
  } else if (std::ranges::find(kStops, reason) == kStops.end()) {
    throw bad_input("policy.http", "{}: finish_reason is '{}', expected stop or length", source, shown(reason));
  }
}

int64_t count_field(const Json& object, std::string_view key) {
  const Json& value = member(object, key);
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

void count_tokens(Response& response, const Json& reply, size_t given) {
  const Json& usage = member(reply, "usage");
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
  if (dialect.continuation == Continuation::kUser || !is_to_be_continued(request)) return;
  if (text.starts_with(request.messages.back().content)) text.erase(0, request.messages.back().content.size());
}

Choice parse_choice(const Dialect& dialect, const Request& request, const Json& json, std::string_view source) {
  if (!json.is_object()) throw bad_input("policy.http", "{}: a choice is no object", source);
  Choice choice;
  if (dialect.kind == EndpointKind::kChat) {
    const Json& message = object_member(json, "message", source, "an object");
    choice.text = object_member(message, "content", source, "a text").get<std::string>();
    drop_prefix(choice.text, dialect, request);
  } else {
    choice.text = object_member(json, "text", source, "a text").get<std::string>();
  }
  set_finish(choice, json, request, source);
  const bool cut = cut_at_stop(choice, request.stop);
  if (request.logprobs) keep_logprobs(choice, read_logprobs(json, source), cut);
  return choice;
}

Choice parse_llamacpp(const Request& request, const Json& json, std::string_view source) {
  if (!json.is_object()) throw bad_input("policy.http", "{}: a choice is no object", source);
  Choice choice{.text = object_member(json, "content", source, "a text").get<std::string>()};
  const std::string type = object_member(json, "stop_type", source, "a text").get<std::string>();
  if (type == "limit")
    choice.finish = Finish::kLength;
  else if (type == "word")
    set_stop(choice, {.known = true, .text = object_member(json, "stopping_word", source, "a text").get<std::string>()},
             request.stop);
  else if (type != "eos")
    throw bad_input("policy.http", "{}: stop_type is '{}', expected eos, limit or word", source, shown(type));
  const bool cut = cut_at_stop(choice, request.stop);
  if (const Json& list = member(json, "completion_probabilities"); request.logprobs && list.is_array())
    keep_logprobs(choice, token_list(list, source), cut);
  choice.tokens = count_field(json, "tokens_predicted");
  return choice;
}

// By "index", where choices have one; otherwise as given.
void sort_by_index(std::vector<const Json*>& choices) {
  std::vector<std::tuple<int64_t, size_t, const Json*>> order;
  for (const Json* choice : choices) {
    const Json& index = choice->is_object() ? member(*choice, "index") : *choice;
    order.emplace_back(index.is_number_integer() ? index.get<int64_t>() : -1, order.size(), choice);
  }
  std::ranges::sort(order);
  std::ranges::transform(order, choices.begin(), [](const auto& entry) { return std::get<2>(entry); });
}

Json parse_body(std::string_view body, std::string_view source) {
  try {
    return parse_json(body, source);
  } catch (const Error& error) {
    throw bad_input("policy.http", "{} (of {} bytes, beginning '{}')", error.what(), body.size(), shown(body));
  }
}

}  // namespace

EnumNames<EndpointKind> enum_names(EndpointKind) {
  static constexpr std::pair<EndpointKind, std::string_view> kNames[] = {{EndpointKind::kCompletions, "completions"},
                                                                         {EndpointKind::kChat, "chat"},
                                                                         {EndpointKind::kLlamaCpp, "llamacpp"}};
  return kNames;
}

EnumNames<Continuation> enum_names(Continuation) {
  static constexpr std::pair<Continuation, std::string_view> kNames[] = {
      {Continuation::kUser, "user"}, {Continuation::kFlags, "flags"}, {Continuation::kPrefill, "prefill"}};
  return kNames;
}

std::string request_body(const Dialect& dialect, const Request& request, int64_t n, uint64_t seed) {
  Json body;
  const bool llamacpp = dialect.kind == EndpointKind::kLlamaCpp;
  if (dialect.kind == EndpointKind::kChat) {
    body = chat_body(dialect, request);
  } else {
    if (!request.messages.empty())
      throw bad_input("policy.http", "messages need a chat endpoint (kind chat), this one is of kind {}",
                      name_of_enum(dialect.kind));
    if (!llamacpp) body["model"] = dialect.model;
    body["prompt"] = request.prompt;
    if (request.logprobs) body[llamacpp ? "n_probs" : "logprobs"] = 1;
  }
  body[llamacpp ? "n_predict" : "max_tokens"] = request.max_tokens;
  if (n != 1) body[llamacpp ? "n_cmpl" : "n"] = n;
  body["temperature"] = request.temperature;
  body["top_p"] = request.top_p;
  body["seed"] = seed;
  if (!request.stop.empty()) body["stop"] = request.stop;
  if (llamacpp) {
    body["top_k"] = 0;
    body["min_p"] = 0;
    body["repeat_penalty"] = 1;
  }
  return printable(body);
}

Response parse_reply(const Dialect& dialect, const Request& request, int64_t n, std::string_view body,
                     std::string_view source) {
  const Json reply = parse_body(body, source);
  const bool llamacpp = dialect.kind == EndpointKind::kLlamaCpp;
  if (!reply.is_object() && !(llamacpp && reply.is_array()))
    throw bad_input("policy.http", "{}: the reply is '{}', expected an object", source, shown(body));
  std::vector<const Json*> choices;
  if (llamacpp && reply.is_object()) {
    choices.push_back(&reply);
  } else {
    const Json& list = llamacpp ? reply : object_member(reply, "choices", source, "a list");
    for (const Json& choice : list) choices.push_back(&choice);
    sort_by_index(choices);
  }
  if (choices.empty()) throw bad_input("policy.http", "{}: the reply has no choices, expected {}", source, n);
  Response response;
  for (size_t i = 0; i < choices.size() && i < static_cast<size_t>(n); ++i)
    response.choices.push_back(llamacpp ? parse_llamacpp(request, *choices[i], source)
                                        : parse_choice(dialect, request, *choices[i], source));
  if (llamacpp)
    response.prompt_tokens = count_field(*choices.front(), "tokens_evaluated");
  else
    count_tokens(response, reply, choices.size());
  return response;
}

std::string error_text(std::string_view body) {
  try {
    const Json json = parse_json(body, "error");
    if (json.is_object()) {
      const Json& error = member(json, "error");
      for (const Json* at : {&error, &json}) {
        if (at->is_string()) return shown(at->get<std::string>());
        if (!at->is_object()) continue;
        for (const char* key : {"message", "detail"})
          if (const Json& text = member(*at, key); text.is_string()) {
            std::string line = text.get<std::string>().substr(0, 300);
            for (char& c : line)
              if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
            return line;
          }
      }
    }
  } catch (const Error&) {
  }
  return shown(body);
}

double parse_retry_after(std::string_view value, int64_t now) {
  double seconds = 0;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (fault == std::errc() && end == value.data() + value.size())
    return std::isfinite(seconds) && seconds > 0 ? seconds : 0;
  std::tm date = {};
  const std::string text(value);
  const char* rest = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S", &date);
  if (!rest || std::string_view(rest) != " GMT") return 0;
  return std::max(0.0, static_cast<double>(timegm(&date) - now));
}

}  // namespace hrm::policy
