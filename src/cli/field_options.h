// Flags from a configuration's field list (base/fields.h): `api_key_variable` is --api-key-variable.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "base/fields.h"
#include "cli/choices.h"
#include "cli/command.h"

namespace hrm::cli {

inline std::string flag_of(std::string_view key) {
  std::string flag = "--" + std::string(key);
  std::replace(flag.begin() + 2, flag.end(), '_', '-');
  return flag;
}

template <typename T>
void add_flag(CLI::App& command, const std::string& flag, T& value, const std::string& help) {
  if constexpr (std::is_enum_v<T>) {
    add_choice(command, flag, value, help);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (value)
      add_switch(command, flag, value, help);
    else
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

// One flag per field. `config` must outlive the command.
template <typename Config>
void add_field_options(CLI::App& command, Config& config) {
  Config::fields(config, [&](std::string_view key, auto& value, std::string_view help) {
    add_flag(command, flag_of(key), value, std::string(help));
  });
}

}  // namespace hrm::cli
