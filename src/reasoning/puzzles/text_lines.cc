#include "puzzles/text_lines.h"

#include <fmt/format.h>

namespace hrm::puzzles {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// Decodes one code point at text[at] and advances `at`; malformed bytes are consumed one by one.
char32_t decode(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(at++);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 && first < 0xF8 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first < 0xC2 || first >= 0xF8 || at + more > text.size()) return kReplacement;
  char32_t point = first & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return kReplacement;
    point = point << 6 | (byte(at + i) & 0x3F);
  }
  constexpr char32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  if (point < kLeast[more] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return kReplacement;
  at += more;
  return point;
}

}  // namespace

std::u32string to_code_points(std::string_view utf8) {
  std::u32string points;
  for (size_t at = 0; at < utf8.size();) points += decode(utf8, at);
  return points;
}

LineSplitter::LineSplitter(std::string_view text, size_t first_line) : rest_(text), number_(first_line) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
}

bool LineSplitter::next() {
  if (rest_.empty()) return false;
  const size_t end = rest_.find('\n');
  std::string_view line = rest_.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  line_ = {number_++, to_code_points(line)};
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  return true;
}

std::vector<TextLine> split_lines(std::string_view text, size_t first_line) {
  std::vector<TextLine> lines;
  for (LineSplitter splitter(text, first_line); splitter.next();) lines.push_back(std::move(splitter.line()));
  return lines;
}

void append_utf8(std::string& text, char32_t c) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    text += static_cast<char>(0xE0 | c >> 12);
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0 | c >> 18);
    tail(12), tail(6), tail(0);
  }
}

std::string printable(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == kReplacement)
    return fmt::format("U+{:04X}", static_cast<uint32_t>(c));
  std::string text = "'";
  append_utf8(text, c);
  return text + "'";
}

std::string cell_name(int64_t cell, int64_t width) {
  return fmt::format("row {} column {}", cell / width + 1, cell % width + 1);
}

}  // namespace hrm::puzzles
