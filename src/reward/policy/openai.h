// Requests and replies of OpenAI-compatible servers as JSON, without the network around them.
//
//   completions   POST /v1/completions        a prompt is continued
//   chat          POST /v1/chat/completions   messages are answered; a prompt alone is one message of the user
//   llamacpp      POST /completion            llama.cpp's own form of completions: it names the stop string and counts
//                                             tokens per choice, and nothing but temperature and top_p shapes samples.
//                                             Its cache of prompts is off: it changes the first answers
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "base/json.h"
#include "policy/policy.h"

namespace hrm::policy {

enum class EndpointKind { kCompletions, kChat, kLlamaCpp };
EnumNames<EndpointKind> enum_names(EndpointKind);

// What becomes of an assistant message at the end of a chat, which is to be continued.
enum class Continuation {
  kUser,     // its text joins the user's message before it, with a request to continue: works with every server
  kFlags,    // sent as it is with continue_final_message and without a generation prompt: vLLM, SGLang
  kPrefill,  // sent as it is: llama.cpp, and servers that continue an assistant message by themselves
};
EnumNames<Continuation> enum_names(Continuation);

struct Dialect {
  EndpointKind kind = EndpointKind::kCompletions;
  std::string model = "default";
  Continuation continuation = Continuation::kUser;
  Json extra = Json::object();  // further fields of a request; null leaves out a standard field
  std::vector<std::pair<std::string, std::string>> renamed = {};  // fields and what this server calls them
};

// Throws bad_input for fields that would contradict what the program sends itself.
void check_fields(const Dialect& dialect);

// What the answer begins with, for a chat to continue; empty if it begins with nothing.
std::string_view begun_answer(const Request& request);

// The stop strings that the server is given: the first four, since many take no more. Whatever it is given, a text is
// cut at every stop string of the request.
std::vector<std::string> sent_stop(const Dialect& dialect, const Request& request);

// An error inside a reply of status 200.
class ErrorReply : public Error {
 public:
  ErrorReply(const std::string& message, bool temporary);
  bool temporary() const { return temporary_; }

 private:
  bool temporary_;
};

// n, seed: of this request, in place of the Request's own. Throws bad_input for messages on an endpoint that is no
// chat.
std::string request_body(const Dialect& dialect, const Request& request, int64_t n, uint64_t seed);

struct ReplyText {
  std::string_view body;
  std::string_view source;  // for messages
  double seconds = 600;     // how long reading may take; the program's end ends it, too
};

// The choices of a reply, at least one and at most n, in the server's order. Throws bad_input naming text.source
// where the body is not what such a server replies, ErrorReply where it says that it is an error.
// Texts: a chat's content may be a list of parts; null means no text, if thoughts took all tokens.
// Stop strings: the text ends before the first one, whether or not the server kept it. Which one it was is known where
// the server kept it or reports it (stop_reason, matched_stop, stop_sequence, stopping_word), and taken to be the only
// one where one was sent; otherwise Choice::stop is empty and kStop may also stand for an end by itself. Ends: any
// finish_reason is read by what it says (MAX_TOKENS, eos_token, content_filter, ...); null says nothing. Tokens:
// llamacpp counts per choice; else the number of log-probabilities; else the server's total, shared among several
// choices by their length (estimated); else a quarter of the bytes (estimated).
Response parse_reply(const Dialect& dialect, const Request& request, int64_t n, const ReplyText& text);

// Whether a request that got this status may succeed later.
bool is_temporary_status(int64_t status);

// What the server says of an error in its body, on one line and in full; the body's beginning if it is not JSON.
std::string error_text(std::string_view body);

// Seconds from now (Unix time) that a Retry-After header requests, as a number or a date; 0 if it is neither.
double parse_retry_after(std::string_view value, int64_t now);

}  // namespace hrm::policy
