// Reads YAML configuration files as JSON values, so that the rest of the program sees only JSON (uses yaml-cpp).
//
// Plain scalars are typed by the YAML 1.2 core schema: null ~ true false, integers, floats ("7.0e-05" and also "1e-4",
// which PyYAML takes for a text), .inf .nan; everything else and everything quoted is a text. Refused: aliases, tags,
// duplicate keys, keys that are not scalars, more than one document, nesting beyond 100 levels, more than 1 MiB; and an
// integer that begins with 0 ("010"), which is 8 in YAML 1.1 and 10 in 1.2.
//
// Or they are typed as a Python program that reads the file gets them, for the authors' files: by PyYAML (YAML 1.1: yes
// and on are true, 010 is 8, 0b11 is 3, 1_000 is 1000, 1:30 is 90, 0o17 is a text), with decimal numbers that PyYAML
// leaves as texts ("1e-4", "1e3", "+.5", "08") as the numbers that float() and int(), and so pydantic, make of them.
// Dates stay texts.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/json.h"

namespace hrm {

enum class YamlTyping { kCore, kPython };

// Throws bad_input naming source, line, column and fault. An empty document is null.
Json parse_yaml(std::string_view text, std::string_view source, YamlTyping typing = YamlTyping::kCore);
Json read_yaml(const std::filesystem::path& path, YamlTyping typing = YamlTyping::kCore);

// Block style, keys in the order of the object, ends with a newline. Both parse_yaml and PyYAML read the same values
// back: floats get a point ("7.0e-05"), texts that would be typed otherwise are quoted.
std::string to_yaml(const Json& value);

}  // namespace hrm
