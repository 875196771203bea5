#include "policy/openai.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "formats/bytes.h"

namespace hrm::policy {
namespace {

constexpr size_t kMostStops = 4;  // OpenAI, Azure, Groq and others refuse more

// Fields that the program writes itself, and the flag of each; "": it is the request.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kOwnFields = {
    {{"model", "--model"},
     {"prompt", ""},
     {"messages", ""},
     {"n", "the number of choices"},
     {"n_cmpl", "the number of choices"},
     {"max_tokens", "--max-tokens"},
     {"n_predict", "--max-tokens"},
     {"temperature", "--temperature"},
     {"top_p", "--top-p"},
     {"seed", "--seed"},
     {"stop", "--stop"},
     {"logprobs", "--logprobs"}}};

constexpr std::string_view kGoOn =
    "\n\nThe solution begins as follows. Continue it exactly where it stops, without repeating any of it:\n\n";

std::vector<Message> messages_of(const Dialect& dialect, const Request& request) {
  std::vector<Message> messages = request.messages;
  if (messages.empty()) {
    const size_t begun = std::min(request.begun, request.prompt.size()), said = request.prompt.size() - begun;
    messages.push_back({"user", request.prompt.substr(0, said)});
    if (begun > 0) messages.push_back({"assistant", request.prompt.substr(said)});
  }
  if (messages.back().role != "assistant" || dialect.continuation != Continuation::kUser) return messages;
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
  if (!begun_answer(request).empty() && dialect.continuation == Continuation::kFlags) {
    body["continue_final_message"] = true;
    body["add_generation_prompt"] = false;
  }
  if (request.logprobs) {
    body["logprobs"] = true;
    body["top_logprobs"] = 1;
  }
  return body;
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

std::string_view begun_answer(const Request& request) {
  if (request.messages.empty())
    return std::string_view(request.prompt)
        .substr(request.prompt.size() - std::min(request.begun, request.prompt.size()));
  return request.messages.back().role == "assistant" ? std::string_view(request.messages.back().content) : "";
}

std::vector<std::string> sent_stop(const Dialect& dialect, const Request& request) {
  if (dialect.extra.contains("stop")) return {};
  std::vector<std::string> sent = request.stop;
  if (sent.size() > kMostStops) sent.resize(kMostStops);
  return sent;
}

void check_fields(const Dialect& dialect) {
  for (const auto& [name, value] : dialect.extra.items()) {
    if (name == "stream" && value != false)
      throw bad_input("policy.http", "extra_fields: stream is {}, but streamed replies are not supported",
                      printable(value));
    const auto own = std::ranges::find(kOwnFields, name, &std::pair<std::string_view, std::string_view>::first);
    if (own == kOwnFields.end() || (value.is_null() && own->second != "")) continue;
    if (own->second.empty()) throw bad_input("policy.http", "extra_fields: '{}' is part of the request itself", name);
    throw bad_input("policy.http", "extra_fields: {} is set by {}; only null is allowed here, which removes it", name,
                    own->second);
  }
  for (const auto& [from, to] : dialect.renamed) {
    const bool known =
        dialect.extra.contains(from) ||
        std::ranges::find(kOwnFields, from, &std::pair<std::string_view, std::string_view>::first) != kOwnFields.end();
    if (!known || from.empty() || to.empty())
      throw bad_input("policy.http",
                      "rename_fields: '{}={}': expected a field of the request and its other name, for "
                      "instance max_tokens=max_completion_tokens",
                      from, to);
    constexpr std::string_view kAlwaysSent[] = {"max_tokens", "temperature", "top_p", "seed", "stop"};
    if (std::ranges::find(kAlwaysSent, to) != std::end(kAlwaysSent) &&
        std::ranges::find(dialect.renamed, to, &std::pair<std::string, std::string>::first) == dialect.renamed.end())
      throw bad_input("policy.http", "rename_fields: '{}={}': '{}' is also a field; rename that one too", from, to, to);
  }
}

std::string request_body(const Dialect& dialect, const Request& request, int64_t n, uint64_t seed) {
  Json body;
  const bool llamacpp = dialect.kind == EndpointKind::kLlamaCpp;
  if (dialect.kind == EndpointKind::kChat) {
    body = chat_body(dialect, request);
  } else {
    if (!request.messages.empty())
      throw bad_input("policy.http", "messages need a chat endpoint (kind chat), but this one has kind {}",
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
  if (const auto stop = sent_stop(dialect, request); !stop.empty()) body["stop"] = stop;
  if (llamacpp) {
    body["cache_prompt"] = false;  // what the server remembers of other prompts changes the first tokens of an answer
    body["top_k"] = 0;
    body["min_p"] = 0;
    body["repeat_penalty"] = 1;
  }
  for (const auto& [name, value] : dialect.extra.items()) {
    body.erase(name);
    if (!value.is_null()) body[name] = value;
  }
  for (const auto& [from, to] : dialect.renamed) {
    if (!body.contains(from)) continue;
    body[to] = Json(body[from]);
    body.erase(from);
  }
  return printable(body);
}

}  // namespace hrm::policy
