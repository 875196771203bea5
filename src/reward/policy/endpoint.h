// From settings to a policy: HTTP endpoints, balanced, retried, cached and metered. The field list gives commands their
// flags, so that they are the same everywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "policy/meter.h"
#include "policy/openai.h"
#include "policy/policy.h"

namespace hrm::policy {

struct EndpointOptions {
  std::vector<std::string> endpoint;
  std::string model = "default";
  EndpointKind kind = EndpointKind::kCompletions;
  Continuation continuation = Continuation::kUser;
  std::string extra_fields;  // a JSON object
  std::vector<std::string> rename_fields;
  std::string api_key_variable, ca_file, cache;
  bool insecure = false;
  double connect_seconds = 10, read_seconds = 300, request_seconds = 600;
  int64_t max_reply_mib = 64, attempts = 6;
  double longest_pause = 120;
  double prompt_price = 0, token_price = 0;

  static void fields(auto& self, auto&& field) {
    field("endpoint", self.endpoint,
          "address of an OpenAI-compatible server, for instance http://127.0.0.1:8080/v1; several addresses share the "
          "work; script:FILE.json answers from a table of prompts");
    field("model", self.model, "name of the model on the server");
    field("kind", self.kind, "completions, chat, or llamacpp (llama.cpp's /completion, which names the stop string)");
    field("continuation", self.continuation,
          "how a chat continues an answer that has begun: user (in the user's message), flags (vLLM, SGLang), prefill "
          "(llama.cpp)");
    field("extra_fields", self.extra_fields,
          "JSON object of additional fields of a request, for instance {\"top_k\": 20}; null removes a field that is "
          "otherwise sent, such as temperature or stop");
    field("rename_fields", self.rename_fields,
          "fields with another name on the server: max_tokens=max_completion_tokens");
    field("api_key_variable", self.api_key_variable, "environment variable that holds the API key");
    field("ca_file", self.ca_file, "trusted certificates (PEM) for https, instead of the system's");
    field("insecure", self.insecure, "do not check the certificate of an https server");
    field("connect_seconds", self.connect_seconds, "time limit for a connection");
    field("read_seconds", self.read_seconds, "time limit without a byte of the reply");
    field("request_seconds", self.request_seconds, "time limit for a whole request");
    field("max_reply_mib", self.max_reply_mib, "largest reply in MiB");
    field("attempts", self.attempts, "maximum number of attempts per request, with growing pauses");
    field("longest_pause", self.longest_pause, "maximum pause in seconds that a server's Retry-After can ask for");
    field("cache", self.cache, "file that stores replies, so that the same request is never paid for twice");
    field("prompt_price", self.prompt_price, "price of a million prompt tokens, for the cost that is shown");
    field("token_price", self.token_price, "price of a million generated tokens");
  }
  // Throws bad_input naming the field.
  void validate() const;
};

struct PolicyStack {
  std::shared_ptr<Policy> policy;
  std::shared_ptr<Meter> meter;
};

// Throws bad_input for settings that do not fit, an environment variable that is not set, a cache that cannot be used,
// and HTTP in a build without it. seed: of the jitter of pauses.
PolicyStack make_policy(const EndpointOptions& options, uint64_t seed = 0);
// The same layers around a policy of another kind (local, scripted): cache and meter by the options, no retries.
PolicyStack wrap_policy(std::shared_ptr<Policy> policy, const EndpointOptions& options);

// "1,234 requests (12 % cached), 56,789 tokens, 321 tokens/s, 3 retries, 0 failed": for progress bars and last lines.
std::string usage_line(const Usage& usage);

}  // namespace hrm::policy
