#include "cli/policy_options.h"

#include <algorithm>
#include <type_traits>

#include "base/fields.h"

namespace hrm::cli {
namespace {

std::string flag_of(std::string_view key) {
  std::string flag = "--" + std::string(key);
  std::replace(flag.begin() + 2, flag.end(), '_', '-');
  return flag;
}

template <typename E>
void add_enum(CLI::App& command, const std::string& flag, E& value, const std::string& help) {
  std::vector<std::string> names;
  for (const auto& [each, name] : enum_names(E{})) names.emplace_back(name);
  command
      .add_option_function<std::string>(
          flag, [&value, flag](const std::string& name) { value = parse_enum<E>(name, flag); }, help)
      ->check(CLI::IsMember(names))
      ->type_name("NAME")
      ->default_str(std::string(name_of_enum(value)));
}

template <typename T>
void add_flag(CLI::App& command, const std::string& flag, T& value, const std::string& help) {
  if constexpr (std::is_enum_v<T>) {
    add_enum(command, flag, value, help);
  } else if constexpr (std::is_same_v<T, bool>) {
    command.add_flag(flag, value, help);
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    command.add_option(flag, value, help)->type_name("TEXT,...")->delimiter(',');
  } else if constexpr (std::is_same_v<T, std::string>) {
    CLI::Option* option = command.add_option(flag, value, help)->type_name("TEXT");
    if (!value.empty()) option->capture_default_str();
  } else {
    command.add_option(flag, value, help)->type_name(std::is_integral_v<T> ? "N" : "X")->capture_default_str();
  }
}

}  // namespace

void add_endpoint_options(CLI::App& command, policy::EndpointOptions& options) {
  policy::EndpointOptions::fields(options, [&](std::string_view key, auto& value, std::string_view help) {
    add_flag(command, flag_of(key), value, std::string(help));
  });
}

}  // namespace hrm::cli
