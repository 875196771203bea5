#include "puzzles/sudoku_symbols.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

constexpr std::u32string_view kVertical = U"|\u2502\u2503\u2506\u2507\u250A\u250B\u2551\u00A6\uFF5C";
constexpr std::u32string_view kSoleBlanks = U"-xX?~\u00B7\u2013\u2014\u2212\u25A1\u25A2\u2610\u2B1C";
constexpr std::u32string_view kDigits = U"123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

char32_t upper(char32_t c) { return c >= U'a' && c <= U'z' ? c - U'a' + U'A' : c; }

}  // namespace

bool is_vertical(char32_t c) { return kVertical.find(c) != std::u32string_view::npos; }

bool is_frame(char32_t c) {
  return is_vertical(c) || c == U'+' || c == U'-' || c == U'=' || (c >= 0x2500 && c < 0x2580);
}

bool is_separator(char32_t c) { return c == U',' || c == U';' || c == U'/' || c == U'"' || c == U'\''; }

bool is_plain_blank(char32_t c) { return c == U'.' || c == U'0' || c == U'_' || c == U'*'; }

bool is_sole_blank(char32_t c) { return kSoleBlanks.find(c) != std::u32string_view::npos; }

SudokuSymbols::SudokuSymbols(int side, std::string_view custom) : side_(side), custom_(to_code_points(custom)) {}

std::optional<int> SudokuSymbols::digit(char32_t c) const {
  const std::u32string_view all = custom_.empty() ? kDigits.substr(0, side_) : std::u32string_view(custom_);
  size_t at = all.find(c);
  if (at == std::u32string_view::npos) at = all.find(upper(c));
  if (at == std::u32string_view::npos) return std::nullopt;
  return static_cast<int>(at) + 1;
}

char32_t SudokuSymbols::number(int64_t value) const {
  if (value == 0) return U'0';
  if (value == -1) return U'.';
  return value < 0 || value > side_ ? U'\uFFFD' : kDigits[value - 1];
}

std::string SudokuSymbols::range() const {
  std::string text;
  if (custom_.empty() || custom_ == kDigits.substr(0, side_)) {
    if (side_ < 10) return fmt::format("1-{}", side_);
    return fmt::format("1-9, A-{}", static_cast<char>('A' + side_ - 10));
  }
  if (custom_ == to_code_points(zero_based_symbols(side_)))
    return side_ <= 10 ? fmt::format("0-{}", side_ - 1) : fmt::format("0-9, A-{}", static_cast<char>('A' + side_ - 11));
  for (char32_t c : custom_) append_utf8(text, c);
  return text;
}

std::string usual_symbols(int side) { return std::string("123456789ABCDEFG").substr(0, side); }

std::string zero_based_symbols(int side) { return std::string("0123456789ABCDEF").substr(0, side); }

}  // namespace hrm::puzzles
