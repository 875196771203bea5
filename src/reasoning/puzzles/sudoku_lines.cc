#include "puzzles/sudoku_lines.h"

#include <algorithm>

#include "base/utf8.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {

std::string utf8(std::u32string_view points) {
  std::string text;
  for (char32_t c : points) append_utf8(text, c);
  return text;
}

std::u32string trimmed(std::u32string text) {
  while (!text.empty() && is_grid_space(text.back())) text.pop_back();
  text.erase(0, std::ranges::find_if_not(text, is_grid_space) - text.begin());
  return text;
}

bool is_rule(const std::u32string& line) {
  constexpr std::u32string_view kCorners = U"*.':`,!";
  size_t drawn = 0;
  for (char32_t c : line) {
    if (is_frame(c))
      drawn += !is_vertical(c) && c != U'+';
    else if (!is_grid_space(c) && kCorners.find(c) == std::u32string_view::npos)
      return false;
  }
  const bool corners =
      std::ranges::any_of(line, [&](char32_t c) { return kCorners.find(c) != std::u32string_view::npos; });
  return corners ? drawn >= 3 : drawn > 0 || std::ranges::count(line, U'+') > 0;
}

bool is_dashes(const std::u32string& line) {
  return std::ranges::all_of(line, [](char32_t c) { return c == U'-' || is_grid_space(c) || is_vertical(c); });
}

bool is_title(const std::u32string& line, const SudokuSymbols& symbols) {
  const size_t word =
      std::ranges::find_if_not(line, [](char32_t c) { return (c | 0x20) >= U'a' && (c | 0x20) <= U'z'; }) -
      line.begin();
  const auto is_number = [](char32_t c) { return c >= U'0' && c <= U'9'; };
  return word >= 2 && line.size() <= 40 && std::ranges::any_of(line, is_number) &&
         !std::ranges::all_of(line.substr(0, word), [&](char32_t c) { return symbols.is_cell(c); }) &&
         (word == line.size() || is_grid_space(line[word]) || line[word] == U'.' || line[word] == U'#' ||
          is_number(line[word]));
}

TextLine with_usual_characters(TextLine line) {
  constexpr std::u32string_view kNoWidth = U"\u200B\u200C\u200D\u2060\uFE0F\u20E3\uFEFF";  // also those of emoji
  std::erase_if(line.text, [&](char32_t c) { return kNoWidth.find(c) != std::u32string_view::npos; });
  for (char32_t& c : line.text) {
    if ((c >= U'\uFF10' && c <= U'\uFF19') || c == U'\uFF0E') c = c - U'\uFF00' + U' ';
    if (c == U'\u3000') c = U' ';
  }
  return line;
}

std::optional<std::vector<size_t>> header_numbers(const std::u32string& line) {
  constexpr std::u32string_view kCrosses = U"xX*\u00D7,";
  constexpr size_t kMost = 1'000'000;
  std::vector<size_t> numbers;
  size_t spaces = 0, crosses = 0;  // since the last number
  bool in_number = false;
  std::u32string text = line;
  while (!text.empty() && is_grid_space(text.back())) text.pop_back();
  for (char32_t c : text) {
    const bool digit = c >= U'0' && c <= U'9';
    if (digit && !in_number) {
      numbers.push_back(0);
      spaces = crosses = 0;
    }
    if (digit) numbers.back() = std::min(numbers.back() * 10 + (c - U'0'), kMost);
    in_number = digit;
    if (digit) continue;
    const bool space = is_grid_space(c);
    if (numbers.empty() || (!space && kCrosses.find(c) == std::u32string_view::npos)) return std::nullopt;
    (space ? spaces : crosses)++;
    if (crosses > 1 || spaces > 1 + crosses) return std::nullopt;
  }
  if (numbers.empty() || numbers.size() > 4 || std::ranges::count(numbers, kMost) > 0) return std::nullopt;
  return numbers;
}

std::optional<std::u32string> section_of(const std::u32string& line) {
  if (line.size() < 3 || line.front() != U'[' || line.back() != U']') return std::nullopt;
  std::u32string name = line.substr(1, line.size() - 2);
  for (char32_t& c : name) {
    c |= 0x20;
    if (c != U' ' && (c < U'a' || c > U'z')) return std::nullopt;
  }
  return name.size() >= 3 ? std::optional(name) : std::nullopt;
}

}  // namespace hrm::puzzles
