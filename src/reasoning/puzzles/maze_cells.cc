#include "puzzles/maze_cells.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/utf8.h"
#include "puzzles/html_table.h"
#include "puzzles/sudoku_lines.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

// A list's rows, one a line. A text of several characters in it is a whole row.
std::string rows_of_list(std::string_view text) {
  std::u32string rows, row;
  const auto end_row = [&] {
    if (!row.empty()) rows += row + U"\n";
    row.clear();
  };
  char32_t quote = 0;
  size_t begin = 0;  // of the quoted text, in row
  for (char32_t c : to_code_points(text)) {
    if (quote) {
      if (c != quote) {
        row += c;
        continue;
      }
      quote = 0;
      if (row.size() > begin + 1) end_row();
    } else if (c == U'"' || c == U'\'') {
      quote = c;
      begin = row.size();
    } else if (c == U'[' || c == U']') {
      end_row();
    } else if (c != U',' && c != U' ' && c != U'\t' && c != U'\n' && c != U'\r') {
      row += c;
    }
  }
  end_row();
  return utf8(rows);
}

// The cells of a row with `separator` between them; nullopt if they are not all single characters.
std::optional<std::u32string> cells_between(const std::u32string& line, char32_t separator) {
  std::u32string cells;
  if (separator == U' ') {
    for (size_t i = 0; i < line.size(); ++i) {
      if (i % 2 == 0)
        cells += line[i];
      else if (line[i] != U' ')
        return std::nullopt;
    }
    return cells;
  }
  size_t begin = 0;
  for (size_t at = 0; at <= line.size(); ++at) {
    if (at < line.size() && line[at] != separator) continue;
    const std::u32string cell = trimmed(line.substr(begin, at - begin));
    begin = at + 1;
    if (cell.empty() && at == line.size() && !cells.empty()) break;  // a separator ends the row
    if (cell.size() != 1) return std::nullopt;
    cells += cell;
  }
  return cells.size() > 1 ? std::optional(cells) : std::nullopt;
}

// Do single spaces separate the cells of these rows, rather than being open cells?
bool spaces_separate(const std::vector<std::u32string>& rows) {
  std::set<char32_t> kinds;
  for (const std::u32string& row : rows) kinds.insert(row.begin(), row.end());
  if (!kinds.contains(U' ') && kinds.size() >= 4) return true;
  const std::u32string& first = rows.front();
  return rows.size() >= 3 && first.size() >= 3 && first[0] != U' ' &&
         std::ranges::all_of(first, [&](char32_t c) { return c == first[0]; });
}

}  // namespace

std::optional<MazeShape> maze_size_of(const std::u32string& line) {
  int64_t numbers[2] = {0, 0};
  size_t count = 0;
  bool in_number = false;
  for (char32_t c : line) {
    const bool digit = c >= U'0' && c <= U'9';
    if (!digit && c != U' ' && c != U'\t' && c != U',' && c != U'x' && c != U'X') return std::nullopt;
    if (digit && !in_number && ++count > 2) return std::nullopt;
    if (digit && numbers[count - 1] > 1'000'000) return std::nullopt;
    if (digit) numbers[count - 1] = numbers[count - 1] * 10 + (c - U'0');
    in_number = digit;
  }
  return count == 2 ? std::optional(MazeShape{numbers[0], numbers[1]}) : std::nullopt;
}

std::optional<std::string> joined_cells(std::string_view text, const MazeShape* shape) {
  if (auto lines = lines_of_html_tables(text, {.separator = "", .blank = " "})) return lines;
  const size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first != std::string_view::npos && text[first] == '[') return rows_of_list(text);
  std::vector<TextLine> lines = split_lines(text);
  const auto is_row = [](const TextLine& line) { return !line.text.empty() && !maze_size_of(line.text); };
  const auto fits_shape = [&](const std::u32string& cells) {
    return shape && (std::ssize(cells) == shape->width || std::ssize(cells) == shape->cells());
  };
  if (std::ranges::any_of(lines, [&](const TextLine& line) { return fits_shape(line.text); })) return std::nullopt;
  for (char32_t separator : {U',', U';', U'\t', U' '}) {
    std::vector<std::u32string> rows;
    bool fits = true;
    for (const TextLine& line : lines) {
      if (!is_row(line)) continue;
      auto cells = cells_between(line.text, separator);
      fits = cells.has_value();
      if (!fits) break;
      rows.push_back(*std::move(cells));
    }
    if (!fits || rows.empty() || (shape && !std::ranges::all_of(rows, fits_shape))) continue;
    if (separator == U' ' && !shape && !spaces_separate(rows)) continue;
    std::u32string joined;
    size_t row = 0;
    for (const TextLine& line : lines) joined += (is_row(line) ? rows[row++] : line.text) + U"\n";
    return utf8(joined);
  }
  return std::nullopt;
}

}  // namespace hrm::puzzles
