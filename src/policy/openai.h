// Requests and replies of OpenAI-compatible servers as JSON, without the network around them.
//
//   completions   POST /v1/completions        a prompt is continued
//   chat          POST /v1/chat/completions   messages are answered; a prompt alone is one message of the user
//   llamacpp      POST /completion            llama.cpp's own form of completions: it names the stop string and counts
//                                             tokens per choice, and nothing but temperature and top_p shapes samples
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "base/json.h"
#include "policy/policy.h"

namespace hrm::policy {

enum class EndpointKind { kCompletions, kChat, kLlamaCpp };
EnumNames<EndpointKind> enum_names(EndpointKind);

// What becomes of an assistant message at the end of a chat, which is to be continued.
enum class Continuation {
  kUser,     // its text joins the user's message before it, with a request to go on: works with every server
  kFlags,    // sent as it is with continue_final_message and without a generation prompt: vLLM, SGLang
  kPrefill,  // sent as it is: llama.cpp, and servers that continue an assistant message by themselves
};
EnumNames<Continuation> enum_names(Continuation);

struct Dialect {
  EndpointKind kind = EndpointKind::kCompletions;
  std::string model = "default";
  Continuation continuation = Continuation::kUser;
};

// n, seed: of this request, in place of the Request's own. Throws bad_input for messages on an endpoint that is no
// chat.
std::string request_body(const Dialect& dialect, const Request& request, int64_t n, uint64_t seed);

// The choices of a reply, at least one and at most n, in the server's order. Throws bad_input naming `source` where the
// body is not what such a server replies.
// Stop strings: the text ends before the first one, whether or not the server kept it. Which one it was is known where
// the server kept it or reports it (stop_reason, matched_stop, stopping_word), and taken to be the only one where there
// is only one; otherwise Choice::stop is empty and kStop may also stand for an end by itself.
// Tokens: llamacpp counts per choice; else the number of log-probabilities; else the server's total, shared among
// several choices by their length (estimated); else a quarter of the bytes (estimated).
Response parse_reply(const Dialect& dialect, const Request& request, int64_t n, std::string_view body,
                     std::string_view source);

// What the server says of an error in its body, on one line; the body's beginning where it has another form.
std::string error_text(std::string_view body);

// Seconds from now (Unix time) that a Retry-After header asks for, as a number or a date; 0 where it is neither.
double parse_retry_after(std::string_view value, int64_t now);

}  // namespace hrm::policy
