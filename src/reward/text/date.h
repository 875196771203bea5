// The date for chat templates that write one: given by the user, never read from a clock.
#pragma once

#include <string>
#include <string_view>

namespace hrm::text {

// date: "2024-07-26", "2024-07-26T15:04" or with seconds. format: as for Python's datetime.strftime, in the C locale.
// Throws bad_input with `source` for a date of another form or one that does not exist.
std::string format_date(std::string_view date, const std::string& format, std::string_view source);
// Throws as format_date does.
void check_date(std::string_view date, std::string_view source);

}  // namespace hrm::text
