#include "cli/choices.h"

#include <fmt/format.h>

#include <algorithm>

namespace hrm::cli {

CLI::Option* limit_to(CLI::Option* option, const Names& names) {
  const bool several = option->get_delimiter() != '\0';
  option->type_name(fmt::format("{}{}", fmt::join(names, "|"), several ? ",..." : ""));
  return option->check([names](const std::string& text) -> std::string {
    if (std::ranges::find(names, text) != names.end()) return "";
    return fmt::format("'{}' is not one of: {}", text, fmt::join(names, ", "));
  });
}

CLI::Option* add_choice(CLI::App& command, const std::string& flag, const NamedText& text, const std::string& help) {
  CLI::Option* option = limit_to(command.add_option(flag, text.value, help), text.names);
  if (!text.value.empty()) option->capture_default_str();
  return option;
}

}  // namespace hrm::cli
