#include "base/json.h"

#include <algorithm>

#include "base/files.h"
#include "base/utf8.h"

namespace hrm {
namespace {

constexpr int kMaxDepth = 200;

template <typename AnyJson>
AnyJson parse(std::string_view text, std::string_view source, size_t first_line) {
  const auto depth_guard = [&](int depth, nlohmann::json::parse_event_t, AnyJson&) {
    if (depth > kMaxDepth)
      throw bad_input("json.parse", "{}: line {}: nested deeper than {} levels", source, first_line, kMaxDepth);
    return true;
  };
  try {
    return AnyJson::parse(text, depth_guard);
  } catch (const nlohmann::json::parse_error& e) {
    const size_t at = std::min(text.size(), e.byte > 0 ? e.byte - 1 : 0);
    const auto before = text.substr(0, at);
    const auto line = static_cast<std::ptrdiff_t>(first_line) + std::count(before.begin(), before.end(), '\n');
    const auto column = at - (before.rfind('\n') + 1) + 1;  // npos + 1 == 0
    throw bad_input("json.parse", "{}: line {}, column {}: not valid JSON", source, line, column);
  } catch (const nlohmann::json::out_of_range&) {
    throw bad_input("json.parse", "{}: line {}: holds a number too large for a double", source, first_line);
  }
}

}  // namespace

Json parse_json(std::string_view text, std::string_view source, size_t first_line) {
  return parse<Json>(text, source, first_line);
}
SortedJson parse_sorted_json(std::string_view text, std::string_view source) {
  return parse<SortedJson>(text, source, 1);
}

Json read_json(const std::filesystem::path& path) { return parse_json(read_file(path), path.string()); }

std::string printable(const Json& value, int indent) {
  return value.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

void append_json_text(std::string& to, std::string_view text) {
  const auto is_plain = [](unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != 0x7f; };
  to += '"';
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && is_plain(static_cast<unsigned char>(text[end]))) ++end;
    to.append(text, at, end - at);
    if (end == text.size()) break;
    if (text[end] == '\n') {
      to += "\\n";
      at = end + 1;
    } else if (static_cast<unsigned char>(text[end]) < 0x80) {
      const std::string escaped = printable(Json(text.substr(end, 1)));
      to.append(escaped, 1, escaped.size() - 2);
      at = end + 1;
    } else {
      const CodePoint point = decode_utf8(text.substr(end));
      append_utf8(to, point.value);
      at = end + point.size;
    }
  }
  to += '"';
}

void write_json(const std::filesystem::path& path, const Json& value) {
  write_file_atomic(path, printable(value, 1) + "\n");
}

}  // namespace hrm
