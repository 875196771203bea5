// What a server says about its faults.
#include <time.h>

#include <charconv>
#include <cmath>

#include "formats/bytes.h"
#include "policy/openai.h"

namespace hrm::policy {
namespace {

constexpr size_t kMostWords = 2000;

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kMostWords));
  for (size_t i = 0; i < line.size(); ++i) {
    const auto c = static_cast<unsigned char>(line[i]);
    const bool control =
        i + 1 < line.size() && c == 0xc2 && static_cast<unsigned char>(line[i + 1]) < 0xa0;  // U+0080...
    if (c < 0x20 || c == 0x7f) line[i] = ' ';
    if (control) line[i] = line[i + 1] = ' ';
  }
  return line + (text.size() > kMostWords ? "..." : "");
}

void add(std::string& to, std::string_view words, std::string_view separator) {
  if (words.empty()) return;
  if (!to.empty()) to += separator;
  to += words;
}

std::string words_of(const SortedJson& value, int depth = 0);

// Where a validator of requests says that something is: ["body", "seed"] is body.seed.
std::string location(const SortedJson& path) {
  std::string text;
  if (path.is_array())
    for (const SortedJson& part : path) add(text, part.is_string() ? part.get<std::string>() : part.dump(), ".");
  return text;
}

std::string words_of_object(const SortedJson& object, int depth) {
  const auto member = [&](const char* key) { return object.contains(key) ? words_of(object[key], depth + 1) : ""; };
  std::string words;
  for (const char* key : {"error", "message", "detail", "details", "errors", "msg", "error_message",
                          "error_description", "base_resp", "status_msg", "title", "reason"})
    if (words.empty()) words = member(key);
  if (object.contains("loc"))
    if (std::string place = location(object["loc"]); !place.empty()) words = place + ": " + words;
  if (object.contains("metadata") && object["metadata"].is_object())
    if (std::string raw = words_of(object["metadata"].value("raw", SortedJson()), depth + 1); !raw.empty())
      words += " (" + raw + ")";
  return words;
}

std::string words_of(const SortedJson& value, int depth) {
  if (depth > 8) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object()) return words_of_object(value, depth);
  std::string words;
  if (value.is_array())
    for (const SortedJson& each : value) {
      add(words, words_of(each, depth + 1), "; ");
      if (words.size() > kMostWords) break;
    }
  return words;
}

}  // namespace

bool is_temporary_status(int64_t status) {
  return status == 408 || status == 409 || status == 425 || status == 429 ||
         (status >= 500 && status < 600 && status != 501);
}

std::string error_text(std::string_view body) {
  if (body.size() > 1 << 20) return shown(body);
  try {
    const std::string words = words_of(parse_sorted_json(body, "error"));
    if (!words.empty()) return one_line(words);
    return one_line(body);
  } catch (const Error&) {
  } catch (const SortedJson::exception&) {  // a text that is not UTF-8
  }
  return shown(body);
}

double parse_retry_after(std::string_view value, int64_t now) {
  double seconds = 0;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (fault == std::errc() && end == value.data() + value.size())
    return std::isfinite(seconds) && seconds > 0 ? seconds : 0;
  std::tm date = {};
  const std::string text(value);
  const char* rest = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S", &date);
  if (!rest || std::string_view(rest) != " GMT") return 0;
  return std::max(0.0, static_cast<double>(timegm(&date) - now));
}

}  // namespace hrm::policy
