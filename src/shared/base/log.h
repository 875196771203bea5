// Messages to people on standard error. Results go to standard output instead.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace hrm {

enum class Verbosity { kQuiet, kNormal, kVerbose };
void set_verbosity(Verbosity verbosity);

namespace detail {
void log_line(Verbosity least, std::string_view prefix, std::string_view message);
}

template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  detail::log_line(Verbosity::kNormal, "", fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_detail(fmt::format_string<Args...> format, Args&&... args) {
  detail::log_line(Verbosity::kVerbose, "", fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  detail::log_line(Verbosity::kQuiet, "warning: ", fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace hrm
