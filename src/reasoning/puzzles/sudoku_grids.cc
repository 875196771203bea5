#include "puzzles/sudoku_grids.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "puzzles/sudoku_lists.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kWhere = "puzzles.sudoku.parse";

std::string utf8(std::u32string_view points) {
  std::string text;
  for (char32_t c : points) append_utf8(text, c);
  return text;
}

std::u32string trimmed(std::u32string text) {
  while (!text.empty() && is_space(text.back())) text.pop_back();
  text.erase(0, std::ranges::find_if_not(text, is_space) - text.begin());
  return text;
}

// A line of a frame between rows of cells: "+---+---+", "------", ".---.---.", "*-----------*", "├───┼───┤".
bool is_rule(const std::u32string& line) {
  constexpr std::u32string_view kCorners = U"*.':`,!";
  size_t drawn = 0;
  for (char32_t c : line) {
    if (is_frame(c))
      drawn += !is_vertical(c) && c != U'+';
    else if (!is_space(c) && kCorners.find(c) == std::u32string_view::npos)
      return false;
  }
  const bool corners =
      std::ranges::any_of(line, [&](char32_t c) { return kCorners.find(c) != std::u32string_view::npos; });
  return corners ? drawn >= 3 : drawn > 0 || std::ranges::count(line, U'+') > 0;
}

bool is_dashes(const std::u32string& line) {
  return std::ranges::all_of(line, [](char32_t c) { return c == U'-' || is_space(c) || is_vertical(c); });
}

// "Grid 01", "Puzzle #3 (easy):": a word and a number, no cells.
bool is_title(const std::u32string& line, const SudokuSymbols& symbols) {
  const size_t word =
      std::ranges::find_if_not(line, [](char32_t c) { return (c | 0x20) >= U'a' && (c | 0x20) <= U'z'; }) -
      line.begin();
  const auto is_number = [](char32_t c) { return c >= U'0' && c <= U'9'; };
  return word >= 2 && line.size() <= 40 && std::ranges::any_of(line, is_number) &&
         !std::ranges::all_of(line.substr(0, word), [&](char32_t c) { return symbols.is_cell(c); }) &&
         (word == line.size() || is_space(line[word]) || line[word] == U'.' || line[word] == U'#' ||
          is_number(line[word]));
}

// "[Puzzle]" of SadMan Sudoku: its name.
std::optional<std::u32string> section_of(const std::u32string& line) {
  if (line.size() < 3 || line.front() != U'[' || line.back() != U']') return std::nullopt;
  std::u32string name = line.substr(1, line.size() - 2);
  for (char32_t& c : name) {
    c |= 0x20;
    if (c != U' ' && (c < U'a' || c > U'z')) return std::nullopt;
  }
  return name.size() >= 3 ? std::optional(name) : std::nullopt;
}

std::vector<std::u32string> split(const std::u32string& line, const auto& ends) {
  std::vector<std::u32string> parts(1);
  for (char32_t c : line) {
    if (ends(c))
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// A content line of a grid that stands on several lines.
struct Row {
  TextLine line;
  bool dashes = false;  // nothing but '-': a row of blanks or a line of the frame
};

class Finder {
 public:
  Finder(const SudokuShape& shape, const SudokuSymbols& symbols, const GridText& text, const GridFaults& fault)
      : shape_(shape),
        symbols_(symbols),
        text_(text),
        fault_(fault),
        side_(static_cast<size_t>(shape.side())),
        whole_(static_cast<size_t>(shape.cells())),
        list_(symbols) {}

  std::vector<SudokuGrid> find() {
    for (LineSplitter lines(text_.text, text_.first_line); lines.next();) {
      number_ = lines.line().number;
      attempt([&] { take(std::move(lines.line())); });
    }
    attempt([&] { end_of_grid(); });
    attempt([&] { end_of_list(); });
    if (sections_ && !puzzle_section_)
      attempt([&] { throw bad_input(kWhere, "{}: has sections, but none named [Puzzle]", text_.source); });
    return std::move(grids_);
  }

 private:
  template <typename Action>
  void attempt(Action&& action) {
    try {
      action();
    } catch (const Error& error) {
      rows_.clear();
      rules_.clear();
      list_.clear();
      fault_(error, number_);
    }
  }
  template <typename... Args>
  Error refused(size_t line, fmt::format_string<Args...> format, Args&&... args) const {
    return bad_input(kWhere, "{}: line {}: {}", text_.source, line, fmt::format(format, std::forward<Args>(args)...));
  }

  // --- what a line is ---

  void take(TextLine line) {
    const std::u32string text = trimmed(line.text);
    if (!list_.open() && text.starts_with(U'#')) return;
    if (const auto section = list_.open() ? std::nullopt : section_of(text)) return begin_section(*section);
    if (sections_ && !in_puzzle_section_) return;
    if (list_.open() || SudokuListReader::begins(text)) return take_list(text);
    end_of_list_before(text);
    if (text.starts_with(U'<') || (xml_ && !text.empty())) return take_xml(text);
    if (text.find(U"://") != std::u32string::npos) return take_link(text);
    if (text.starts_with(U':') && std::ranges::count(text, U':') >= 5 && !is_rule(text))
      throw refused(line.number, "a line of HoDoKu's library format, which is not supported: give only its 81 cells");
    if (is_title(text, symbols_)) {
      if (!take_whole_field(line)) end_of_grid();
      return;
    }
    if (is_rule(text)) return take_rule(std::move(line));
    if (take_whole_field(line)) return;
    std::erase_if(line.text, [](char32_t c) { return c == U':' || c == U'>'; });  // marks of our own drawings
    if (std::ranges::all_of(line.text, is_space) && line.text.size() < side_) return end_of_block();
    if (take_whole_line(line)) return;
    take_row(std::move(line));
  }

  void begin_section(const std::u32string& name) {
    end_of_grid();
    sections_ = true;
    in_puzzle_section_ = name == U"puzzle";
    puzzle_section_ = puzzle_section_ || in_puzzle_section_;
  }

  void take_rule(TextLine line) {
    const auto drawn = static_cast<size_t>(std::ranges::count(line.text, U'-'));
    if (is_dashes(line.text) && drawn == side_)
      rows_.push_back({std::move(line), /*dashes=*/true});
    else if (!rows_.empty())
      rules_.push_back(rows_.size());
    complete();
  }

  void take_list(const std::u32string& text) {
    if (list_.cells().empty() && !list_.open()) list_line_ = number_;
    list_.add(text, fmt::format("{}: line {}", text_.source, number_));
    if (list_.open()) return;
    std::u32string& cells = list_.cells();
    if (cells.size() % whole_ == 0) {
      for (size_t at = 0; at < cells.size(); at += whole_) add({list_line_}, cells.substr(at, whole_));
      list_.clear();
    } else if (cells.size() > whole_ || cells.size() % side_ != 0) {
      end_of_list();
    }
  }
  // Lists of one row each may follow each other.
  void end_of_list_before(const std::u32string& text) {
    if (!text.empty()) end_of_list();
  }
  void end_of_list() {
    if (list_.cells().empty() && !list_.open()) return;
    const size_t cells = list_.cells().size();
    const bool open = list_.open();
    list_.clear();
    throw refused(list_line_, "a list of {} cells{}; expected {} (a whole {}x{} Sudoku)", cells,
                  open ? " that is not closed" : "", whole_, side_, side_);
  }

  void take_xml(const std::u32string& text) {
    xml_ = true;
    for (const std::u32string& data : xml_data(text)) {
      if (!is_whole(data))
        throw refused(number_, "data=\"{}\" of {} characters; expected the {} cells of a Sudoku",
                      utf8(data.substr(0, 20)), data.size(), whole_);
      add({number_}, data);
    }
  }

  void take_link(const std::u32string& text) {
    const auto grid = grid_of_link(text, symbols_);
    if (!grid) throw refused(number_, "a link that does not hold the {} cells of a Sudoku as they are", whole_);
    add({number_}, *grid);
  }

  bool is_whole(const std::u32string& text) const {
    return text.size() == whole_ && std::ranges::all_of(text, [&](char32_t c) { return symbols_.is_cell(c); });
  }

  // A grid without any space within, with or without other text on its line: a number, a rating, the solution.
  bool take_whole_field(const TextLine& line) {
    if (line.text.size() < whole_) return false;
    std::vector<std::u32string> wholes;
    const auto ends = [](char32_t c) {
      return is_space(c) || is_separator(c) || is_vertical(c) || c == U':' || c == U'#';
    };
    for (const std::u32string& field : split(line.text, ends))
      if (is_whole(field)) wholes.push_back(field);
    if (wholes.empty()) return false;
    end_of_grid();
    if (wholes.size() == 1) {
      add({line.number}, wholes[0]);
      return true;
    }
    if (wholes.size() == 2 && solves(wholes[0], wholes[1])) std::swap(wholes[0], wholes[1]);
    if (wholes.size() > 2 || !solves(wholes[1], wholes[0]))
      throw refused(line.number, "{} grids that are not a puzzle and its solution: expected one puzzle per line",
                    wholes.size());
    add({line.number}, wholes[0]);
    grids_.back().solution = wholes[1];
    return true;
  }

  // Is `full` complete, and does it agree with the givens of `puzzle`, which is not?
  bool solves(const std::u32string& full, const std::u32string& puzzle) const {
    bool blanks = false;
    for (size_t i = 0; i < whole_; ++i) {
      const auto digit = symbols_.digit(puzzle[i]);
      const bool zero = puzzle[i] == U'0' || full[i] == U'0';  // a digit of 0-F, or a blank: judged later
      blanks = blanks || !digit;
      if (!symbols_.digit(full[i]) && (side_ < 10 || full[i] != U'0')) return false;
      if (digit && !zero && digit != symbols_.digit(full[i])) return false;
    }
    return blanks;
  }

  // All cells on one line, apart or with spaces for blanks.
  bool take_whole_line(const TextLine& line) {
    const auto values = separated_values(line.text, whole_);
    if (values) return add_line(line, *values);
    std::u32string cells = symbols_within(line.text, whole_);
    if (cells.size() == whole_) return add_line(line, cells);
    const bool spaced = line.text.size() == whole_ && std::ranges::all_of(line.text, [&](char32_t c) {
                          return is_space(c) || (symbols_.is_cell(c) && c != U'-');
                        });
    return spaced && rows_.empty() && add_line(line, line.text);
  }
  bool add_line(const TextLine& line, const std::u32string& cells) {
    end_of_grid();
    if (const auto odd =
            std::ranges::find_if_not(cells, [&](char32_t c) { return is_space(c) || symbols_.is_cell(c); });
        odd != cells.end())
      throw no_cell(line.number, odd - cells.begin(), *odd);
    add({line.number}, cells);
    return true;
  }

  // Everything that is neither space, bar nor separator, '-' only where it is needed to make `wanted` cells.
  static std::u32string symbols_within(const std::u32string& text, size_t wanted) {
    std::u32string with, without;
    for (char32_t c : text) {
      if (is_space(c) || is_separator(c) || (is_frame(c) && c != U'-')) continue;
      with += c;
      if (c != U'-') without += c;
    }
    return with.size() == wanted && without.size() != wanted ? with : without;
  }

  // "5,3,,,7,...": exactly `wanted` values between commas, semicolons or tabs, empty ones blank; numbers above 9 where
  // the grid has such digits.
  std::optional<std::u32string> separated_values(const std::u32string& text, size_t wanted) const {
    for (char32_t separator : {U',', U';', U'\t'}) {
      if (text.find(separator) == std::u32string::npos) continue;
      auto values = split(text, [&](char32_t c) { return c == separator; });
      if (values.size() == wanted + 1 && trimmed(values.back()).empty()) values.pop_back();
      if (values.size() != wanted) return std::nullopt;
      return cells_of(values);
    }
    return std::nullopt;
  }

  std::u32string cells_of(const std::vector<std::u32string>& values) const {
    std::u32string cells;
    for (const std::u32string& value : values) {
      std::u32string cell = trimmed(value);
      std::erase_if(cell, [](char32_t c) { return c == U'"' || c == U'\''; });
      cell = trimmed(cell);
      if (cell.size() > 1)
        cells += number_of(cell);
      else
        cells += cell.empty() ? U'.' : cell[0];
    }
    return cells;
  }
  char32_t number_of(const std::u32string& cell) const {
    int64_t value = cell == U"-1" ? -1 : 0;
    for (char32_t c : cell == U"-1" ? U"" : cell) {
      if (c < U'0' || c > U'9' || value > 99) return refuse_candidates(cell);
      value = value * 10 + (c - U'0');
    }
    const char32_t symbol = symbols_.number(value);
    return symbol == U'\uFFFD' || (side_ < 10 && value > 0) ? refuse_candidates(cell) : symbol;
  }
  char32_t refuse_candidates(const std::u32string& cell) const {
    throw refused(number_,
                  "'{}' in one cell; expected one digit ({}) or a blank: grids of candidates are not supported",
                  utf8(cell.substr(0, 20)), symbols_.range());
  }

  // --- grids of several lines ---

  void take_row(TextLine line) {
    const std::u32string cells = symbols_within(line.text, side_);
    const auto odd = std::ranges::find_if_not(cells, [&](char32_t c) { return symbols_.is_cell(c); });
    if (odd != cells.end()) {
      const size_t at = odd - cells.begin();
      if (cells.size() == side_) throw no_cell(line.number, rows_.size() * side_ + at, *odd);
      if (!holds_values(line.text))
        throw refused(line.number, "'{}' is neither a row nor a whole puzzle: {} is not a cell; comments begin with #",
                      utf8(trimmed(line.text).substr(0, 40)), printable(*odd));
    }
    const size_t length = line.text.size();
    if (cells.size() > side_ && holds_spaces(line.text) && length < whole_ && length + side_ > whole_)
      throw refused(line.number,
                    "{} cells among {} characters; expected {} characters if spaces are blanks (write those at the end "
                    "as '.'), or {} cells",
                    cells.size(), length, whole_, whole_);
    if (cells.size() > side_ && !holds_values(line.text))
      throw rows_.empty() ? wrong_count(line.number, cells.size()) : wrong_row(line);
    rows_.push_back({std::move(line)});
    complete();
  }

  bool uses_dashes() const {
    return std::ranges::any_of(rows_, [&](const Row& row) {
      return !row.dashes && symbols_within(row.line.text, side_).find(U'-') != std::u32string::npos;
    });
  }

  void complete() {
    const bool dashes = uses_dashes();
    const auto rows =
        static_cast<size_t>(std::ranges::count_if(rows_, [&](const Row& r) { return dashes || !r.dashes; }));
    if (rows < side_) return;
    if (!dashes) drop_dashes();
    read_rows();
  }
  void drop_dashes() {
    std::vector<Row> kept;
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].dashes) {
        if (!kept.empty()) rules_.push_back(kept.size());
      } else {
        kept.push_back(std::move(rows_[i]));
      }
    }
    rows_ = std::move(kept);
  }

  // An empty line ends a puzzle, unless it only separates bands.
  void end_of_block() {
    if (rows_.size() % shape_.box_rows != 0) end_of_grid();
  }
  void end_of_grid() {
    if (!uses_dashes()) drop_dashes();
    const std::vector<Row> rows = std::exchange(rows_, {});
    rules_.clear();
    if (rows.empty()) return;
    const TextLine& first = rows.front().line;
    const std::u32string cells = symbols_within(first.text, side_);
    if (rows.size() == 1 && cells.size() != side_) throw wrong_count(first.number, cells.size());
    throw bad_input(kWhere, "{}: the puzzle that begins at line {} has {} of {} rows", text_.source, first.number,
                    rows.size(), side_);
  }

  void read_rows() {
    const std::vector<Row> rows = std::exchange(rows_, {});
    check_rules(std::exchange(rules_, {}), rows.front().line.number);
    // Spaces stand for blanks, one character a cell, where no line is longer than that; else they separate.
    bool compact = true, drawn_blanks = false;
    for (const Row& row : rows) {
      compact = compact && row.line.text.size() <= side_ &&
                std::ranges::none_of(row.line.text, [](char32_t c) { return is_frame(c) && c != U'-'; });
      drawn_blanks = drawn_blanks || std::ranges::any_of(row.line.text, [&](char32_t c) {
                       const bool digit = c == U'0' && side_ > 9;  // perhaps
                       return (is_plain_blank(c) && !digit) || (is_sole_blank(c) && c != U'-');
                     });
    }
    // No space stands before a digit: then short rows are no rows whose blanks at the end were cut off, but rows whose
    // blanks were left out.
    drawn_blanks =
        drawn_blanks || std::ranges::none_of(rows, [](const Row& row) { return holds_spaces(row.line.text); });
    std::vector<size_t> lines;
    std::u32string cells;
    for (const Row& row : rows) {
      lines.push_back(row.line.number);
      number_ = row.line.number;
      cells += read_row(row.line, compact, drawn_blanks);
    }
    add(std::move(lines), std::move(cells));
  }

  std::u32string read_row(const TextLine& line, bool compact, bool drawn_blanks) const {
    check_boxes(line);
    if (const auto values = separated_values(line.text, side_)) return *values;
    std::u32string cells = symbols_within(line.text, side_);
    if (cells.size() == side_) return cells;
    if (const auto numbers = numbers_of(line.text)) return *numbers;
    if (compact) {
      if (drawn_blanks) throw wrong_row(line);  // a cell is missing: blanks are drawn here
      cells = line.text;
      cells.resize(side_, U' ');
      return cells;
    }
    return std::ranges::any_of(line.text, is_vertical) ? framed_row(line) : every_second(line);
  }

  // "10 0 3 16": one number or symbol a cell.
  std::optional<std::u32string> numbers_of(const std::u32string& text) const {
    std::vector<std::u32string> values;
    for (const std::u32string& part : split(text, [](char32_t c) { return is_space(c) || is_vertical(c); }))
      if (!part.empty()) values.push_back(part);
    if (values.size() != side_ || std::ranges::all_of(values, [](const auto& value) { return value.size() == 1; }))
      return std::nullopt;
    return cells_of(values);
  }

  static bool holds_spaces(const std::u32string& text) { return std::ranges::any_of(text, is_space); }
  bool holds_values(const std::u32string& text) const { return separated_values(text, side_) || numbers_of(text); }

  // Bars that part a row otherwise than the boxes of this grid do.
  void check_boxes(const TextLine& line) const {
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
  void check_rules(const std::vector<size_t>& rules, size_t line) const {
    std::vector<size_t> inner;
    for (size_t at : rules)
      if (at > 0 && at < side_ && (inner.empty() || inner.back() != at)) inner.push_back(at);
    if (inner.empty() || inner[0] < 2 || (inner.size() + 1) * inner[0] != side_) return;
    for (size_t i = 0; i < inner.size(); ++i)
      if (inner[i] != (i + 1) * inner[0]) return;
    if (inner[0] != static_cast<size_t>(shape_.box_rows)) throw wrong_boxes(line, inner[0], side_ / inner[0]);
  }
  Error wrong_boxes(size_t line, size_t rows, size_t columns) const {
    return refused(line, "the frame draws boxes of {} rows and {} columns; expected {} rows and {} columns", rows,
                   columns, shape_.box_rows, shape_.box_columns);
  }

  // "|5 3  |  7  |" or "| 5 | 3 |   |": blanks are spaces, bars separate boxes or cells.
  std::u32string framed_row(const TextLine& line) const {
    std::vector<std::u32string> parts = split(line.text, is_vertical);
    const auto all_space = [](const std::u32string& part) { return std::ranges::all_of(part, is_space); };
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

  void append_part(std::u32string& cells, const std::u32string& part, size_t count, const TextLine& line) const {
    if (count == 1) {
      std::u32string inner = part;
      std::erase_if(inner, is_space);
      if (inner.size() > 1) throw wrong_row(line);
      cells += inner.empty() ? U' ' : inner[0];
    } else if (part.size() == count) {
      cells += part;
    } else if (part.size() + 1 == 2 * count || part.size() == 2 * count + 1) {
      const size_t first = part.size() == 2 * count + 1;
      for (size_t i = 0; i < part.size(); ++i) {
        if (i % 2 == first % 2)
          cells += part[i];
        else if (!is_space(part[i]))
          throw wrong_row(line);
      }
    } else {
      throw wrong_row(line);
    }
  }

  // "5 3     7": cells at every second character, trailing blanks possibly cut.
  std::u32string every_second(const TextLine& line) const {
    if (line.text.size() > 2 * side_) throw wrong_row(line);
    std::u32string cells;
    for (size_t i = 0; i < line.text.size(); ++i) {
      if (i % 2 == 0)
        cells += line.text[i];
      else if (!is_space(line.text[i]))
        throw wrong_row(line);
    }
    cells.resize(side_, U' ');
    return cells;
  }

  Error wrong_count(size_t line, size_t cells) const {
    return refused(line, "{} cells; expected {} (a whole {}x{} Sudoku) or {} (one of its rows)", cells, whole_, side_,
                   side_, side_);
  }
  Error wrong_row(const TextLine& line) const {
    return refused(line.number, "{} cells; expected {} ({}, or a blank: . 0 _ *) for a row, or {} for a whole puzzle",
                   symbols_within(line.text, side_).size(), side_, symbols_.range(), whole_);
  }
  Error no_cell(size_t line, size_t cell, char32_t c) const {
    return bad_input(kWhere, "{}: line {}, {}: {} is neither a digit ({}) nor a blank (. 0 _ *)", text_.source, line,
                     cell_name(static_cast<int64_t>(cell), static_cast<int64_t>(side_)), printable(c),
                     symbols_.range());
  }

  void add(std::vector<size_t> lines, std::u32string cells) {
    grids_.push_back({.lines = std::move(lines), .cells = std::move(cells)});
  }

  const SudokuShape shape_;
  const SudokuSymbols& symbols_;
  const GridText text_;
  const GridFaults& fault_;
  const size_t side_, whole_;
  size_t number_ = 1;          // of the line at hand
  std::vector<Row> rows_;      // of the grid at hand
  std::vector<size_t> rules_;  // lines of its frame, as numbers of rows above them
  SudokuListReader list_;
  size_t list_line_ = 1;
  bool xml_ = false, sections_ = false, in_puzzle_section_ = false, puzzle_section_ = false;
  std::vector<SudokuGrid> grids_;
};

}  // namespace

std::vector<SudokuGrid> find_grids(const SudokuShape& shape, const SudokuSymbols& symbols, const GridText& text,
                                   const GridFaults& fault) {
  return Finder(shape, symbols, text, fault).find();
}

}  // namespace hrm::puzzles
