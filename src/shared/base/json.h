// JSON values (nlohmann), parsed with errors that name the source. Objects keep the order of insertion, so that files
// and printed configurations read as they were written.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hrm {

using Json = nlohmann::ordered_json;
using SortedJson = nlohmann::json;

// Throws bad_input naming `source` (a file or "argument"), line and column. Nesting beyond 200 levels is refused.
// first_line: the number of the text's first line in its source.
Json parse_json(std::string_view text, std::string_view source, size_t first_line = 1);
// The same with keys by name: an object with very many keys, of a foreign file, costs n log n instead of n^2.
SortedJson parse_sorted_json(std::string_view text, std::string_view source);
Json read_json(const std::filesystem::path& path);

// As text, on one line without an indent. Never throws: bytes that are not UTF-8 become U+FFFD.
std::string printable(const Json& value, int indent = -1);

// Appends the text as a JSON string, quotes included: what printable() gives for it, in a fraction of the time, for
// files of very many long texts.
void append_json_text(std::string& to, std::string_view text);

// The field as T. Throws bad_input naming source and field if it is missing or of another type.
template <typename T>
T json_field(const Json& object, std::string_view field, std::string_view source) {
  if (!object.is_object()) throw bad_input("json.field", "{}: expected an object with field '{}'", source, field);
  const auto at = object.find(field);
  if (at == object.end()) throw bad_input("json.field", "{}: field '{}' is missing", source, field);
  try {
    return at->get<T>();
  } catch (const nlohmann::json::exception& e) {
    throw bad_input("json.field", "{}: field '{}' has the wrong type or range: {}", source, field,
                    printable(*at).substr(0, 80));
  }
}

// Atomic, printable(value, 1), ends with a newline.
void write_json(const std::filesystem::path& path, const Json& value);

}  // namespace hrm
