// Reads YAML configuration files as JSON values, so that the rest of the program sees only JSON (uses yaml-cpp).
//
// Plain scalars are typed by the YAML 1.2 core schema: null ~ true false, integers, floats ("7.0e-05" and also "1e-4",
// which PyYAML takes for a text), .inf .nan; everything else and everything quoted is a text. Refused: aliases, tags,
// duplicate keys, keys that are not scalars, more than one document, nesting beyond 100 levels, more than 1 MiB.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/json.h"

namespace hrm {

// Throws bad_input naming source, line, column and fault. An empty document is null.
Json parse_yaml(std::string_view text, std::string_view source);
Json read_yaml(const std::filesystem::path& path);

// Block style, keys in the order of the object, ends with a newline. Both parse_yaml and PyYAML read the same values
// back: floats get a point ("7.0e-05"), texts that would be typed otherwise are quoted.
std::string to_yaml(const Json& value);

}  // namespace hrm
