// What makes two requests the same one: every field of a Request, and the policy that is asked.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/policy.h"

namespace hrm::policy {

struct RequestKey {
  uint64_t high = 0, low = 0;
  auto operator<=>(const RequestKey&) const = default;
};

// XXH3, 128 bits, over the fields with their lengths, so that no two requests are spelled alike.
RequestKey request_key(std::string_view policy_name, const Request& request);

// A number for the text to be continued alone (prompt or messages), whatever the parameters.
uint64_t prompt_hash(const Request& request);

}  // namespace hrm::policy
