#include "puzzles/sudoku_row_reader.h"

#include <algorithm>

#include "puzzles/sudoku_lines.h"

namespace hrm::puzzles {

std::u32string SudokuRowReader::symbols_within(const std::u32string& text, size_t wanted) {
  std::u32string with, without;
  for (char32_t c : text) {
    if (is_grid_space(c) || is_separator(c) || (is_frame(c) && c != U'-')) continue;
    with += c;
    if (c != U'-') without += c;
  }
  return with.size() == wanted && without.size() != wanted ? with : without;
}

std::optional<std::u32string> SudokuRowReader::separated_values(const TextLine& line, size_t wanted) const {
  const std::u32string& text = line.text;
  for (char32_t separator : {U',', U';', U'\t'}) {
    if (text.find(separator) == std::u32string::npos) continue;
    auto values = split(text, [&](char32_t c) { return c == separator; });
    if (values.size() == wanted + 1 && trimmed(values.back()).empty()) values.pop_back();
    if (values.size() != wanted) return std::nullopt;
    return cells_of(values, line.number);
  }
  return std::nullopt;
}

std::u32string SudokuRowReader::cells_of(const std::vector<std::u32string>& values, size_t line) const {
  std::u32string cells;
  for (const std::u32string& value : values) {
    std::u32string cell = trimmed(value);
    std::erase_if(cell, [](char32_t c) { return c == U'"' || c == U'\''; });
    cell = trimmed(cell);
    const bool blanks = !cell.empty() && cell[0] != U'0' && (is_plain_blank(cell[0]) || is_sole_blank(cell[0])) &&
                        std::ranges::count(cell, cell[0]) == std::ssize(cell);  // "__"
    if (cell.size() > 1 && !blanks)
      cells += number_of(cell, line);
    else
      cells += cell.empty() ? U'.' : cell[0];
  }
  return cells;
}

char32_t SudokuRowReader::number_of(const std::u32string& cell, size_t line) const {
  int64_t value = cell == U"-1" ? -1 : 0;
  for (char32_t c : cell == U"-1" ? U"" : cell) {
    if (c < U'0' || c > U'9' || value > 99) return refuse_candidates(cell, line);
    value = value * 10 + (c - U'0');
  }
  const char32_t symbol = symbols_.number(value);
  return symbol == U'\uFFFD' || (side_ < 10 && value > 0) ? refuse_candidates(cell, line) : symbol;
}

char32_t SudokuRowReader::refuse_candidates(const std::u32string& cell, size_t line) const {
  throw refused(line, "'{}' in one cell; expected one digit ({}) or a blank: grids of candidates are not supported",
                utf8(cell.substr(0, 20)), symbols_.range());
}

std::u32string SudokuRowReader::read_row(const TextLine& line, bool compact, bool drawn_blanks) const {
  check_boxes(line);
  if (const auto values = separated_values(line, side_)) return *values;
  std::u32string cells = symbols_within(line.text, side_);
  if (cells.size() == side_) return cells;
  if (const auto numbers = numbers_of(line)) return *numbers;
  if (!compact && std::ranges::any_of(line.text, is_vertical)) return framed_row(line);
  // A cell is missing: blanks are drawn here, or tabs stand before cells and do not tell their columns.
  const size_t tab = line.text.find(U'\t');
  const bool tabs = tab != std::u32string::npos && !trimmed(line.text.substr(tab)).empty();
  if (drawn_blanks || tabs) throw wrong_row(line);
  if (!compact) return every_second(line);
  cells = line.text;
  cells.resize(side_, U' ');
  return cells;
}

std::optional<std::u32string> SudokuRowReader::numbers_of(const TextLine& line) const {
  std::vector<std::u32string> values;
  for (const std::u32string& part : split(line.text, [](char32_t c) { return is_grid_space(c) || is_vertical(c); }))
    if (!part.empty()) values.push_back(part);
  if (values.size() != side_ || std::ranges::all_of(values, [](const auto& value) { return value.size() == 1; }))
    return std::nullopt;
  return cells_of(values, line.number);
}

void SudokuRowReader::check_boxes(const TextLine& line) const {
  std::vector<size_t> counts;
  for (const std::u32string& part : split(line.text, is_vertical)) {
    const size_t count = symbols_within(part, side_).size();
    if (count > 0) counts.push_back(count);
  }
  if (counts.size() < 2 || counts[0] < 2 || counts[0] * counts.size() != side_) return;
  if (std::ranges::count(counts, counts[0]) != std::ssize(counts)) return;
  if (counts[0] != static_cast<size_t>(shape_.box_columns))
    throw wrong_boxes(line.number, side_ / counts[0], counts[0]);
}

void SudokuRowReader::check_rules(const std::vector<size_t>& rules, size_t line) const {
  std::vector<size_t> inner;
  for (size_t at : rules)
    if (at > 0 && at < side_ && (inner.empty() || inner.back() != at)) inner.push_back(at);
  if (inner.empty() || inner[0] < 2 || (inner.size() + 1) * inner[0] != side_) return;
  for (size_t i = 0; i < inner.size(); ++i)
    if (inner[i] != (i + 1) * inner[0]) return;
  if (inner[0] != static_cast<size_t>(shape_.box_rows)) throw wrong_boxes(line, inner[0], side_ / inner[0]);
}

Error SudokuRowReader::wrong_boxes(size_t line, size_t rows, size_t columns) const {
  return refused(line, "the frame draws boxes of {} rows and {} columns; expected {} rows and {} columns", rows,
                 columns, shape_.box_rows, shape_.box_columns);
}

std::u32string SudokuRowReader::framed_row(const TextLine& line) const {
  std::vector<std::u32string> parts = split(line.text, is_vertical);
  const auto all_space = [](const std::u32string& part) { return std::ranges::all_of(part, is_grid_space); };
  if (is_vertical(line.text.back()) || all_space(parts.back())) parts.pop_back();
  if (!parts.empty() && all_space(parts.front()) && parts.size() != static_cast<size_t>(shape_.stacks()) &&
      parts.size() != side_)
    parts.erase(parts.begin());
  const size_t per_part = parts.empty() || side_ % parts.size() != 0 ? 0 : side_ / parts.size();
  if (per_part != 1 && per_part != static_cast<size_t>(shape_.box_columns)) throw wrong_row(line);
  std::u32string cells;
  for (const std::u32string& part : parts) append_part(cells, part, per_part, line);
  return cells;
}

void SudokuRowReader::append_part(std::u32string& cells, const std::u32string& part, size_t count,
                                  const TextLine& line) const {
  if (count == 1) {
    std::u32string inner = part;
    std::erase_if(inner, is_grid_space);
    if (inner.size() > 1) throw wrong_row(line);
    cells += inner.empty() ? U' ' : inner[0];
  } else if (part.size() == count) {
    cells += part;
  } else if (part.size() + 1 == 2 * count || part.size() == 2 * count + 1) {
    const size_t first = part.size() == 2 * count + 1;
    for (size_t i = 0; i < part.size(); ++i) {
      if (i % 2 == first % 2)
        cells += part[i];
      else if (!is_grid_space(part[i]))
        throw wrong_row(line);
    }
  } else {
    throw wrong_row(line);
  }
}

std::u32string SudokuRowReader::every_second(const TextLine& line) const {
  if (line.text.size() > 2 * side_) throw wrong_row(line);
  std::u32string cells;
  for (size_t i = 0; i < line.text.size(); ++i) {
    if (i % 2 == 0)
      cells += line.text[i];
    else if (!is_grid_space(line.text[i]))
      throw wrong_row(line);
  }
  cells.resize(side_, U' ');
  return cells;
}

Error SudokuRowReader::wrong_row(const TextLine& line) const {
  size_t cells = symbols_within(line.text, side_).size();
  if (std::ranges::none_of(line.text, is_vertical))  // then '-' draws no frame
    cells = std::ranges::count_if(line.text, [&](char32_t c) { return c == U'-' || symbols_.is_cell(c); });
  return refused(line.number, "{} cells; expected {} ({}, or a blank: . 0 _ *) for a row, or {} for a whole puzzle",
                 cells, side_, symbols_.range(), whole_);
}

}  // namespace hrm::puzzles
