// A policy proposes reasoning steps: a language model behind an endpoint, a local model, or a script.
//
// A failed request is a value (PolicyFault), so that other requests of a batch are unaffected; wrappers of the same
// interface retry, cache and balance (policy/retrying.h, policy/caching.h, policy/balancing.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hrm::policy {

struct Message {
  std::string role, content;  // "system", "user", "assistant"
};

struct Request {
  std::string prompt;             // of a completion; empty if messages are given
  size_t begun = 0;               // number of bytes at the prompt's end that begin the answer, for a chat to continue
  std::vector<Message> messages;  // of a chat; an assistant message at the end is to be continued
  int64_t n = 1;                  // choices wanted
  int64_t max_tokens = 1024;      // per choice
  double temperature = 0.7, top_p = 1;
  std::vector<std::string> stop;  // a choice ends with the first of these that appears
  uint64_t seed = 0;              // the same request gives the same choices where the policy can promise that
  bool logprobs = false;
};

// By itself, at a stop string, at max_tokens, or broken off by the server (a filter, an abort), which does not end the
// text.
enum class Finish { kEnd, kStop, kLength, kBroken };

struct Choice {
  std::string text;  // without the stop string
  Finish finish = Finish::kEnd;
  std::string stop;  // kStop: the string that ended it, if known. Empty: perhaps it also ended by itself
  int64_t tokens = 0;
  bool tokens_estimated = false;  // the policy did not count this choice by itself: a share of its total, or a guess
  std::vector<float> logprobs;    // natural, per token; empty unless requested and returned
};

struct Response {
  std::vector<Choice> choices;  // exactly Request::n
  int64_t prompt_tokens = 0;
  bool cached = false;
};

struct PolicyFault {
  std::string message;     // one line: place, what was got, what was expected
  bool temporary = true;   // worth trying again
  double retry_after = 0;  // seconds that the server requested; 0: none
};

using Reply = std::variant<Response, PolicyFault>;

class Policy {
 public:
  virtual ~Policy() = default;
  // Blocks until there is a reply. Any number of threads may call it at once. Throws only for faults that would affect
  // every request (a malformed endpoint address); a failure of one request is a PolicyFault.
  virtual Reply complete(const Request& request) = 0;
  // Names the model and its settings. The name is part of the key of a cached reply and of a store's provenance.
  virtual std::string name() const = 0;
};

}  // namespace hrm::policy
