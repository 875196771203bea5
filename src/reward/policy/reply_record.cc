#include "policy/reply_record.h"

#include "formats/bytes.h"

namespace hrm::policy {
namespace {

constexpr uint8_t kEstimated = 1;

bool take_choice(ByteReader& cursor, Choice& choice) {
  uint8_t finish = 0, flags = 0;
  uint32_t logprobs = 0;
  if (!cursor.take(choice.text) || !cursor.take(finish) || !cursor.take(flags) || !cursor.take(choice.stop) ||
      !cursor.take(choice.tokens) || !cursor.take(logprobs))
    return false;
  if (finish > static_cast<uint8_t>(Finish::kLength) || flags > kEstimated || logprobs > cursor.left() / sizeof(float))
    return false;
  choice.finish = static_cast<Finish>(finish);
  choice.tokens_estimated = flags & kEstimated;
  choice.logprobs.resize(logprobs);
  for (float& logprob : choice.logprobs) cursor.take(logprob);
  return true;
}

bool take_key(ByteReader& cursor, RequestKey& key) { return cursor.take(key.high) && cursor.take(key.low); }

}  // namespace

std::string encode_reply(const RequestKey& key, const Response& response) {
  std::string to;
  append_le(to, key.high);
  append_le(to, key.low);
  append_le(to, response.prompt_tokens);
  append_le(to, static_cast<uint32_t>(response.choices.size()));
  for (const Choice& choice : response.choices) {
    append_sized(to, choice.text);
    append_le(to, static_cast<uint8_t>(choice.finish));
    append_le(to, static_cast<uint8_t>(choice.tokens_estimated ? kEstimated : 0));
    append_sized(to, choice.stop);
    append_le(to, choice.tokens);
    append_le(to, static_cast<uint32_t>(choice.logprobs.size()));
    for (const float logprob : choice.logprobs) append_le(to, logprob);
  }
  return to;
}

std::optional<ReplyRecord> decode_reply(std::span<const std::byte> bytes) {
  ByteReader cursor(bytes);
  ReplyRecord record;
  uint32_t choices = 0;
  if (!take_key(cursor, record.key) || !cursor.take(record.response.prompt_tokens) || !cursor.take(choices))
    return std::nullopt;
  for (uint32_t i = 0; i < choices; ++i)
    if (!take_choice(cursor, record.response.choices.emplace_back())) return std::nullopt;
  if (cursor.left() > 0) return std::nullopt;
  return record;
}

std::optional<RequestKey> decode_reply_key(std::span<const std::byte> bytes) {
  ByteReader cursor(bytes);
  RequestKey key;
  if (!take_key(cursor, key)) return std::nullopt;
  return key;
}

}  // namespace hrm::policy
