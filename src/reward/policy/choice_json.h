// A choice of a policy as JSON (`hrm policy ask --json`).
#pragma once

#include <string_view>

#include "base/json.h"
#include "policy/policy.h"

namespace hrm::policy {

std::string_view finish_name(Finish finish);  // "end", "stop", "length", "broken off by the server"

// {"text", "finish", "stop", "tokens", "tokens_estimated"}, and "logprobs" if there are any.
Json choice_json(const Choice& choice);

}  // namespace hrm::policy
