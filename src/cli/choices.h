// Options whose value is one of a few names. Help shows all in one way, `--labels mc|policy|hard`. A wrong name is
// refused in one way: "--labels: 'x' is not one of: mc, policy, hard". An option that takes several separates them by
// commas.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"

namespace hrm::cli {

using Names = std::vector<std::string>;

// The names of an enum (base/fields.h), as they are typed.
template <typename E>
Names names_of() {
  Names names;
  for (const auto& [value, name] : enum_names(E{})) names.emplace_back(name);
  return names;
}

// Restricts the values of an option that was already added to the names.
CLI::Option* limit_to(CLI::Option* option, const Names& names);

// A choice among names that no enum has.
struct NamedText {
  std::string& value;  // also the default
  Names names;
};
CLI::Option* add_choice(CLI::App& command, const std::string& flag, const NamedText& text, const std::string& help);

template <typename E>
CLI::Option* add_choice(CLI::App& command, const std::string& flag, E& value, const std::string& help) {
  CLI::Option* option = command.add_option_function<std::string>(
      flag, [&value, flag](const std::string& name) { value = parse_enum<E>(name, flag); }, help);
  return limit_to(option, names_of<E>())->default_str(std::string(name_of_enum(value)));
}

// Without a default: unset until given.
template <typename E>
CLI::Option* add_choice(CLI::App& command, const std::string& flag, std::optional<E>& value, const std::string& help) {
  CLI::Option* option = command.add_option_function<std::string>(
      flag, [&value, flag](const std::string& name) { value = parse_enum<E>(name, flag); }, help);
  return limit_to(option, names_of<E>());
}

// Several choices; they replace those in `values`.
template <typename E>
CLI::Option* add_choices(CLI::App& command, const std::string& flag, std::vector<E>& values, const std::string& help) {
  CLI::Option* option = command.add_option_function<Names>(
      flag,
      [&values, flag](const Names& names) {
        values.clear();
        for (const std::string& name : names) values.push_back(parse_enum<E>(name, flag));
      },
      help);
  std::string given;
  for (const E value : values) given += (given.empty() ? "" : ",") + std::string(name_of_enum(value));
  return limit_to(option->delimiter(','), names_of<E>())->default_str(given);
}

}  // namespace hrm::cli
