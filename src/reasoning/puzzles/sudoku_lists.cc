#include "puzzles/sudoku_lists.h"

#include "puzzles/sudoku_lines.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/utf8.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

bool opens(char32_t c) { return c == U'[' || c == U'{' || c == U'('; }
bool closes(char32_t c) { return c == U']' || c == U'}' || c == U')'; }

}  // namespace

bool SudokuListReader::begins(const std::u32string& line) {
  if (line.starts_with(U'(')) return true;
  const size_t at = std::ranges::find_if(line, [](char32_t c) { return c == U'[' || c == U'{'; }) - line.begin();
  if (at == line.size()) return false;
  std::u32string before = line.substr(0, at);
  while (!before.empty() && is_grid_space(before.back())) before.pop_back();
  while (!before.empty() && is_grid_space(before.front())) before.erase(0, 1);
  if (before.empty()) return true;
  return before.find(U'=') != std::u32string::npos || before.back() == U'(' || before == U"int" || before == U"char";
}

void SudokuListReader::add(const std::u32string& line, std::string_view place) {
  for (char32_t c : line + U"\n") {
    if (quote_) {
      if (c == quote_) {
        end_word(/*quoted=*/true, place);
        quote_ = 0;
      } else {
        word_ += c;
      }
      continue;
    }
    if (opens(c) || closes(c) || c == U',' || c == U';' || c == U'\n' || is_grid_space(c)) {
      if (depth_ > 0) end_word(/*quoted=*/false, place);
      word_.clear();
      depth_ += opens(c) - closes(c);
      if (depth_ < 0) depth_ = 0;
    } else if (depth_ > 0 && (c == U'"' || c == U'\'')) {
      quote_ = c;
    } else if (depth_ > 0) {
      word_ += c;
    }
  }
}

void SudokuListReader::end_word(bool quoted, std::string_view place) {
  const std::u32string word = std::exchange(word_, {});
  if (word.empty()) {
    if (quoted) cells_ += U'.';
    return;
  }
  constexpr std::u32string_view kNothing[] = {U"None", U"null", U"NULL", U"nan", U"NaN", U"nil"};
  if (std::ranges::find(kNothing, std::u32string_view(word)) != std::end(kNothing)) {
    cells_ += U'.';
    return;
  }
  const std::string text = utf8(word);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool short_number = error == std::errc() && end == text.data() + text.size() && text.size() <= 2;
  if (word.size() == 1) {
    cells_ += word[0];
  } else if (short_number && symbols_.number(number) != U'\uFFFD') {
    cells_ += symbols_.number(number);
  } else if (word.size() >= static_cast<size_t>(symbols_.side()) && word.size() % symbols_.side() == 0) {
    cells_ += word;  // a row or a whole grid as a string
  } else {
    throw bad_input("puzzles.sudoku.parse", "{}: '{}' in a list is not a cell: expected {} or a blank (0, '.', None)",
                    place, text.substr(0, 40), symbols_.range());
  }
}

std::vector<std::u32string> xml_data(const std::u32string& line) {
  std::vector<std::u32string> values;
  constexpr std::u32string_view kAttribute = U"data=";
  for (size_t at = line.find(kAttribute); at != std::u32string::npos; at = line.find(kAttribute, at)) {
    at += kAttribute.size();
    if (at >= line.size() || (line[at] != U'"' && line[at] != U'\'')) continue;
    const size_t end = line.find(line[at], at + 1);
    values.push_back(line.substr(at + 1, end == std::u32string::npos ? end : end - at - 1));
  }
  return values;
}

std::optional<std::u32string> grid_of_link(const std::u32string& link, const SudokuSymbols& symbols) {
  const size_t cells = static_cast<size_t>(symbols.side()) * symbols.side();
  size_t begin = 0;
  for (size_t at = 0; at <= link.size(); ++at) {
    if (at < link.size() && std::u32string_view(U"?&=#/ \t\"'<>)").find(link[at]) == std::u32string_view::npos)
      continue;
    const std::u32string part = link.substr(begin, at - begin);
    if (part.size() == cells && std::ranges::all_of(part, [&](char32_t c) { return symbols.is_cell(c); })) return part;
    begin = at + 1;
  }
  return std::nullopt;
}

}  // namespace hrm::puzzles
