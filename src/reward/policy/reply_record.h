// A reply as a record of the cache (docs/formats/reply-cache.md).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "policy/policy.h"
#include "policy/request_key.h"

namespace hrm::policy {

inline constexpr std::string_view kReplyLogKind = "HRMRPLY1";

std::string encode_reply(const RequestKey& key, const Response& response);

struct ReplyRecord {
  RequestKey key;
  Response response;
};

// nullopt for bytes that encode_reply() does not give.
std::optional<ReplyRecord> decode_reply(std::span<const std::byte> bytes);
std::optional<RequestKey> decode_reply_key(std::span<const std::byte> bytes);

}  // namespace hrm::policy
