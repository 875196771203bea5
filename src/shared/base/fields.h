// One field list per configuration yields JSON, YAML, `key=value` arguments, help text and checkpoint metadata.
//
//   struct HaltConfig {
//     int64_t halt_max_steps = 16;
//     static void fields(auto& self, auto&& field) {
//       field("halt_max_steps", self.halt_max_steps, "segments at most");
//     }
//   };
//
// A field is bool, int64_t, uint64_t, double, std::string, std::vector<std::string>, an enum with enum_names(), or
// another such struct (its keys are joined with a dot: `arch.H_cycles`). Values are only checked for their type here;
// ranges belong to the configuration's own validate().
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace hrm {

template <typename E>
using EnumNames = std::span<const std::pair<E, std::string_view>>;

// An enum is made printable by `EnumNames<E> enum_names(E)` beside it, found by argument-dependent lookup.
template <typename E>
std::string_view name_of_enum(E value) {
  for (const auto& [candidate, name] : enum_names(E{}))
    if (candidate == value) return name;
  return "?";
}

template <typename E>
E parse_enum(std::string_view text, std::string_view source) {
  std::string known;
  for (const auto& [value, name] : enum_names(E{})) {
    if (name == text) return value;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  throw bad_input("fields", "{}: '{}': expected one of: {}", source, text, known);
}

namespace detail {

struct NoField {
  template <typename T>
  void operator()(std::string_view, T&, std::string_view) const {}
};

template <typename T>
concept FieldStruct = requires(T& t) {
  std::remove_const_t<T>::fields(t, NoField{});
};

std::string closest_key(std::string_view key, const std::vector<std::string>& known);

template <typename T>
Json field_to_json(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return std::string(name_of_enum(value));
  else
    return value;
}

template <typename T>
void field_from_json(T& value, const Json& json, const std::string& key, std::string_view source) {
  const auto wrong = [&](std::string_view wanted) {
    return bad_input("fields", "{}: {} = {} is not {}", source, key, printable(json).substr(0, 80), wanted);
  };
  if constexpr (std::is_enum_v<T>) {
    if (!json.is_string()) throw wrong("a name");
    value = parse_enum<T>(json.get<std::string>(), fmt::format("{}: {}", source, key));
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_boolean()) throw wrong("true or false");
    value = json.get<bool>();
  } else if constexpr (std::is_integral_v<T>) {
    if (!json.is_number_integer()) throw wrong("an integer");
    if (std::is_unsigned_v<T> && !json.is_number_unsigned() && json.get<int64_t>() < 0)
      throw wrong("an integer of at least 0");
    if (!std::is_unsigned_v<T> && json.is_number_unsigned() && !std::in_range<T>(json.get<uint64_t>()))
      throw wrong("an integer in range");
    value = json.get<T>();
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!json.is_number()) throw wrong("a number");
    value = json.get<T>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!json.is_string()) throw wrong("a text");
    value = json.get<std::string>();
  } else {
    if (!json.is_array()) throw wrong("a list");
    try {
      value = json.get<T>();
    } catch (const nlohmann::json::exception&) {
      throw wrong("a list of texts");
    }
  }
}

}  // namespace detail

struct FieldHelp {
  std::string key, value, help;  // value: as assign_field() reads it; a text in quotes where it has escapes ("\n")
};

template <detail::FieldStruct Config>
Json fields_to_json(const Config& config) {
  Json object = Json::object();
  Config::fields(config, [&](std::string_view key, const auto& value, std::string_view) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (detail::FieldStruct<T>)
      object[std::string(key)] = fields_to_json(value);
    else
      object[std::string(key)] = detail::field_to_json(value);
  });
  return object;
}

template <detail::FieldStruct Config>
std::vector<FieldHelp> describe_fields(const Config& config, const std::string& prefix = "") {
  std::vector<FieldHelp> all;
  Config::fields(config, [&](std::string_view key, const auto& value, std::string_view help) {
    using T = std::remove_cvref_t<decltype(value)>;
    const std::string name = prefix + std::string(key);
    if constexpr (detail::FieldStruct<T>) {
      for (FieldHelp& inner : describe_fields(value, name + ".")) all.push_back(std::move(inner));
    } else {
      std::string text = printable(detail::field_to_json(value));
      const bool plain = text.starts_with('"') && text.find('\\') == std::string::npos;
      if (plain) text = text.substr(1, text.size() - 2);
      all.push_back({name, std::move(text), std::string(help)});
    }
  });
  return all;
}

// Sets the field at `key` ("arch.H_cycles") from a JSON value; false if no field has that key.
template <detail::FieldStruct Config>
bool set_field(Config& config, std::string_view key, const Json& json, std::string_view source,
               const std::string& prefix = "") {
  bool found = false;
  Config::fields(config, [&](std::string_view name, auto& value, std::string_view) {
    using T = std::remove_cvref_t<decltype(value)>;
    const std::string full = prefix + std::string(name);
    if constexpr (detail::FieldStruct<T>) {
      found = found || set_field(value, key, json, source, full + ".");
    } else if (full == key) {
      detail::field_from_json(value, json, full, source);
      found = true;
    }
  });
  return found;
}

// Reads an object (nested or with dotted keys). Returns the keys that no field has, in order of appearance, so that the
// caller decides: refuse them (own files) or keep them aside (the authors' files).
template <detail::FieldStruct Config>
std::vector<std::string> fields_from_json(Config& config, const Json& object, std::string_view source,
                                          const std::string& prefix = "") {
  if (!object.is_object()) throw bad_input("fields", "{}: expected an object of settings", source);
  std::vector<std::string> unknown;
  for (const auto& [key, value] : object.items()) {
    if (set_field(config, prefix + key, value, source)) continue;
    if (value.is_object() && !value.empty()) {
      for (std::string& inner : fields_from_json(config, value, source, prefix + key + "."))
        unknown.push_back(std::move(inner));
    } else {
      unknown.push_back(prefix + key);
    }
  }
  return unknown;
}

// One `key=value` argument. The value is read as JSON if it is JSON (numbers, true, lists), as text otherwise.
// Throws bad_input on a missing '=', an unknown key (with the closest known one) or a value of the wrong type.
template <detail::FieldStruct Config>
void assign_field(Config& config, std::string_view argument) {
  const size_t equals = argument.find('=');
  if (equals == std::string_view::npos || equals == 0)
    throw bad_input("fields", "'{}' is not of the form key=value, for instance arch.H_cycles=2", argument);
  const std::string_view key = argument.substr(0, equals), text = argument.substr(equals + 1);
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || json.is_object()) json = std::string(text);
  std::vector<std::string> known;
  for (const FieldHelp& field : describe_fields(config)) known.push_back(field.key);
  try {
    if (set_field(config, key, json, "argument")) return;
  } catch (const Error& error) {
    if (json.is_string()) throw;
    try {
      if (set_field(config, key, Json(std::string(text)), "argument")) return;  // a text field: "run_name=7"
    } catch (const Error&) {
      throw error;
    }
  }
  throw bad_input("fields", "unknown setting '{}'{}", key, detail::closest_key(key, known));
}

// "key=value,key=value", each as assign_field() takes it.
template <detail::FieldStruct Config>
void assign_fields(Config& config, std::string_view list) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    assign_field(config, list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

}  // namespace hrm
