#include "puzzles/text_lines.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace hrm::puzzles {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

}  // namespace

std::u32string to_code_points(std::string_view utf8) {
  std::u32string points;
  while (!utf8.empty()) {
    const CodePoint point = decode_utf8(utf8);
    points += point.value;
    utf8.remove_prefix(point.size);
  }
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

std::string printable_character(char32_t c) {
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
