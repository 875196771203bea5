#include "policy/request_key.h"

#include <xxhash.h>

#include "formats/bytes.h"

namespace hrm::policy {
namespace {

void put(std::string& to, std::string_view text) {
  append_le(to, static_cast<uint64_t>(text.size()));
  to += text;
}

void put_prompt(std::string& to, const Request& request) {
  put(to, request.prompt);
  append_le(to, static_cast<uint64_t>(request.messages.size()));
  for (const Message& message : request.messages) {
    put(to, message.role);
    put(to, message.content);
  }
}

}  // namespace

RequestKey request_key(std::string_view policy_name, const Request& request) {
  std::string text;
  put(text, policy_name);
  put_prompt(text, request);
  append_le(text, request.n);
  append_le(text, request.max_tokens);
  append_le(text, request.temperature);
  append_le(text, request.top_p);
  append_le(text, static_cast<uint64_t>(request.stop.size()));
  for (const std::string& stop : request.stop) put(text, stop);
  append_le(text, request.seed);
  append_le(text, static_cast<uint8_t>(request.logprobs));
  if (request.begun > 0) append_le(text, static_cast<uint64_t>(request.begun));
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {.high = hash.high64, .low = hash.low64};
}

uint64_t prompt_hash(const Request& request) {
  std::string text;
  put_prompt(text, request);
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace hrm::policy
