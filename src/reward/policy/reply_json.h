// JSON of a reply, which a server may shape as it likes: read in time that grows with its size (an object of very many
// keys costs n log n), within a limit of time, and ended by an interrupt.
#pragma once

#include <string_view>

#include "base/json.h"

namespace hrm::policy {

using ReplyJson = SortedJson;

// Throws bad_input naming `source` for what is not JSON, nests deeper than 200 levels or takes longer than the seconds,
// and as soon as interrupted().
ReplyJson parse_reply_json(std::string_view body, std::string_view source, double seconds);

}  // namespace hrm::policy
