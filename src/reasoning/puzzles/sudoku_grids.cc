#include "puzzles/sudoku_grids.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "puzzles/html_table.h"
#include "puzzles/sudoku_lines.h"
#include "puzzles/sudoku_lists.h"
#include "puzzles/sudoku_row_reader.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInSudokuGrids = "puzzles.sudoku.parse";

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
        row_reader_(shape, symbols, text.source),
        list_(symbols) {}

  std::vector<SudokuGrid> find() {
    for (LineSplitter lines(text_.text, text_.first_line); lines.next();) {
      number_ = lines.line().number;
      attempt([&] { take(with_usual_characters(std::move(lines.line()))); });
    }
    attempt([&] { take_column_names(); });
    attempt([&] { end_of_grid(); });
    attempt([&] { end_of_list(); });
    if (sections_ && !puzzle_section_)
      attempt([&] { throw bad_input(kInSudokuGrids, "{}: has sections, but none named [Puzzle]", text_.source); });
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
      headers_.clear();
      column_names_.reset();
      list_.clear();
      fault_(error, number_);
    }
  }
  template <typename... Args>
  Error refused(size_t line, fmt::format_string<Args...> format, Args&&... args) const {
    return bad_input(kInSudokuGrids, "{}: line {}: {}", text_.source, line,
                     fmt::format(format, std::forward<Args>(args)...));
  }

  // --- what a line is ---

  void take(TextLine line) {
    const std::u32string text = trimmed(line.text);
    if (!list_.open() && text.starts_with(U'#')) return;
    if (const auto section = list_.open() ? std::nullopt : section_of(text)) return begin_section(*section);
    if (sections_ && !in_puzzle_section_) return;
    if (list_.open() || SudokuListReader::begins(text)) return take_list(text);
    end_of_list_before(text);
    if (rows_.empty() && !column_names_ && are_column_names(text)) {
      column_names_ = std::move(line);
      return;
    }
    if (auto cells = without_row_name(line)) {
      column_names_.reset();
      line.text = *std::move(cells);
    } else if (column_names_ && !text.empty() && !is_rule(text)) {
      take_column_names();
    }
    take_line(std::move(line));
  }

  void take_line(TextLine line) {
    const std::u32string text = trimmed(line.text);
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
    if (std::ranges::all_of(line.text, is_grid_space) && line.text.size() < side_) return end_of_block();
    if (take_whole_line(line)) return;
    take_row(std::move(line));
  }

  // The line that looked like names of columns above named rows, where no such row followed: a row.
  void take_column_names() {
    if (!column_names_) return;
    take_line(*std::exchange(column_names_, std::nullopt));
  }

  // "1 2 3 4 5 6 7 8 9" or "A B C D E F G H I".
  bool are_column_names(const std::u32string& text) const {
    const std::u32string names = SudokuRowReader::symbols_within(text, side_);
    const auto follow = [&](std::u32string_view all) { return names == all.substr(0, side_); };
    return names.size() == side_ && names.size() < text.size() &&
           (follow(U"123456789ABCDEFG") || follow(U"ABCDEFGHIJKLMNOP") || follow(U"abcdefghijklmnop"));
  }

  // What stands behind the name of the next row of the grid ("A 5 3 . ...", "1: 53..", "R1", "Row 1:", "A | 5 3 .") if
  // that is a whole row.
  std::optional<std::u32string> without_row_name(const TextLine& line) const {
    const size_t row = rows_.size();
    std::u32string text = trimmed(line.text);
    if (row >= side_ || text.size() <= side_ || holds_a_value_per_cell(line.text)) return std::nullopt;
    for (const std::u32string_view word : {U"Row ", U"row ", U"ROW ", U"R", U"r"})
      if (text.starts_with(word)) {
        text.erase(0, word.size());
        break;
      }
    size_t size = 0, number = 0;
    for (; size < text.size() && text[size] >= U'0' && text[size] <= U'9' && size < 2; ++size)
      number = number * 10 + (text[size] - U'0');
    if (size == 0 && text.front() == trimmed(line.text).front() && (text.front() | 0x20) == U'a' + row) {
      size = 1;
      number = row + 1;
    }
    if (size == 0 || number != row + 1) return std::nullopt;
    if (size == text.size() ||
        !(is_grid_space(text[size]) || is_vertical(text[size]) || text[size] == U':' || text[size] == U')'))
      return std::nullopt;
    size += text[size] == U':' || text[size] == U')';
    std::u32string cells = text.substr(size);
    if (SudokuRowReader::symbols_within(cells, side_).size() != side_) return std::nullopt;
    return cells;
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
      return is_grid_space(c) || is_separator(c) || is_vertical(c) || c == U':' || c == U'#';
    };
    for (const std::u32string& field : split(line.text, ends))
      if (is_whole(field)) wholes.push_back(field);
    if (wholes.empty()) return false;
    if (rows_.empty()) headers_.clear();
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
    const auto values = row_reader_.separated_values(line, whole_);
    if (values) return add_line(line, *values);
    std::u32string cells = SudokuRowReader::symbols_within(line.text, whole_);
    if (cells.size() == whole_) return add_line(line, cells);
    const bool spaced = line.text.size() == whole_ && std::ranges::all_of(line.text, [&](char32_t c) {
                          return is_grid_space(c) || (symbols_.is_cell(c) && c != U'-');
                        });
    return spaced && rows_.empty() && add_line(line, line.text);
  }
  bool add_line(const TextLine& line, const std::u32string& cells) {
    if (rows_.empty()) headers_.clear();
    end_of_grid();
    if (const auto odd =
            std::ranges::find_if_not(cells, [&](char32_t c) { return is_grid_space(c) || symbols_.is_cell(c); });
        odd != cells.end())
      throw no_cell(line.number, odd - cells.begin(), *odd);
    add({line.number}, cells);
    return true;
  }

  // --- grids of several lines ---

  // A number, or a size ("9", "9 9", "9x9", "3 3"), above a grid rather than one of its rows. Which of both it is, the
  // lines below tell: a header stands above rows of which every cell is written, and as many as the grid has.
  bool may_be_header(const TextLine& line) const {
    const auto numbers = header_numbers(line.text);
    if (!rows_.empty() || !numbers || is_full_row(line)) return false;
    return numbers->size() == 1 || std::ranges::all_of(*numbers, [&](size_t number) {
             return number == side_ || number == whole_ || std::cmp_equal(number, shape_.box_rows) ||
                    std::cmp_equal(number, shape_.box_columns);
           });
  }
  // As many numbers and blanks, apart, as a row has cells ("1 . 16 ...").
  bool holds_a_value_per_cell(const std::u32string& text) const {
    size_t count = 0;
    for (const std::u32string& part : split(text, [](char32_t c) { return is_grid_space(c) || is_vertical(c); })) {
      const bool number = part.size() == 2 && part[0] >= U'0' && part[0] <= U'9' && part[1] >= U'0' && part[1] <= U'9';
      if (part.size() > 1 && !number) return false;
      count += !part.empty();
    }
    return count == side_;
  }
  bool is_full_row(const TextLine& line) const {
    return SudokuRowReader::symbols_within(line.text, side_).size() == side_ ||
           row_reader_.separated_values(line, side_).has_value() || holds_a_value_per_cell(line.text);
  }
  // They are rows, after all.
  void put_headers_back() {
    for (; !headers_.empty(); headers_.pop_back()) rows_.insert(rows_.begin(), {std::move(headers_.back())});
    if (rows_.size() == side_) read_rows();
  }

  void take_row(TextLine line) {
    constexpr size_t kMostHeaders = 2;  // how many grids follow, and their size
    if (!headers_.empty() && !may_be_header(line) && !is_full_row(line)) put_headers_back();
    if (may_be_header(line)) {
      if (headers_.size() < kMostHeaders) return headers_.push_back(std::move(line));
      put_headers_back();
    }
    const std::u32string cells = SudokuRowReader::symbols_within(line.text, side_);
    const auto odd = std::ranges::find_if_not(cells, [&](char32_t c) { return symbols_.is_cell(c); });
    if (odd != cells.end()) {
      const size_t at = odd - cells.begin();
      if (cells.size() == side_) throw no_cell(line.number, rows_.size() * side_ + at, *odd);
      if (!row_reader_.holds_values(line))
        throw refused(line.number, "'{}' is neither a row nor a whole puzzle: {} is not a cell; comments begin with #",
                      utf8(trimmed(line.text).substr(0, 40)), printable_character(*odd));
    }
    const size_t length = line.text.size();
    if (cells.size() > side_ && SudokuRowReader::holds_spaces(line.text) && length < whole_ && length + side_ > whole_)
      throw refused(line.number,
                    "{} cells among {} characters; expected {} characters if spaces are blanks (write those at the end "
                    "as '.'), or {} cells",
                    cells.size(), length, whole_, whole_);
    if (cells.size() > side_ && !row_reader_.holds_values(line))
      throw rows_.empty() ? wrong_count(line.number, cells.size()) : row_reader_.wrong_row(line);
    rows_.push_back({std::move(line)});
    complete();
  }

  bool uses_dashes() const {
    return std::ranges::any_of(rows_, [&](const Row& row) {
      return !row.dashes && SudokuRowReader::symbols_within(row.line.text, side_).find(U'-') != std::u32string::npos;
    });
  }

  void complete() {
    const bool dashes = uses_dashes();
    const auto rows =
        static_cast<size_t>(std::ranges::count_if(rows_, [&](const Row& r) { return dashes || !r.dashes; }));
    if (rows < side_) return;
    if (!dashes) drop_dashes();
    headers_.clear();
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
    const bool rows_at_last = !headers_.empty() && rows_.size() + headers_.size() == side_;
    if (rows_.size() % shape_.box_rows != 0 || rows_at_last) end_of_grid();
  }
  void end_of_grid() {
    put_headers_back();
    if (!uses_dashes()) drop_dashes();
    const std::vector<Row> rows = std::exchange(rows_, {});
    rules_.clear();
    if (rows.empty()) return;
    const TextLine& first = rows.front().line;
    const std::u32string cells = SudokuRowReader::symbols_within(first.text, side_);
    if (rows.size() == 1 && cells.size() != side_) throw wrong_count(first.number, cells.size());
    throw bad_input(kInSudokuGrids, "{}: the puzzle that begins at line {} has {} of {} rows", text_.source,
                    first.number, rows.size(), side_);
  }

  void read_rows() {
    const std::vector<Row> rows = std::exchange(rows_, {});
    row_reader_.check_rules(std::exchange(rules_, {}), rows.front().line.number);
    // Spaces stand for blanks, one character a cell, where no line is longer than that; else they separate, and blanks
    // are spaces at every second character.
    bool compact = true, drawn_blanks = false;
    for (const Row& row : rows) {
      compact = compact && row.line.text.size() <= side_ &&
                std::ranges::none_of(row.line.text, [](char32_t c) { return is_frame(c) && c != U'-'; });
      drawn_blanks = drawn_blanks || std::ranges::any_of(row.line.text, [&](char32_t c) {
                       const bool digit = c == U'0' && side_ > 9;  // perhaps
                       return (is_plain_blank(c) && !digit) || (is_sole_blank(c) && c != U'-');
                     });
    }
    // Where no space stands for a blank, short rows are no rows whose blanks at the end were cut off: they lack cells.
    const auto holds_spaces = [](const Row& row) { return SudokuRowReader::holds_spaces(row.line.text); };
    const bool space_blanks = compact ? std::ranges::any_of(rows, holds_spaces) : hold_blanks_apart(rows);
    drawn_blanks = drawn_blanks || !space_blanks;
    std::vector<size_t> lines;
    std::u32string cells;
    for (const Row& row : rows) {
      lines.push_back(row.line.number);
      number_ = row.line.number;
      cells += row_reader_.read_row(row.line, compact, drawn_blanks);
    }
    add(std::move(lines), std::move(cells));
  }

  // Do the cells of all rows stand at every second character, and are some of them spaces?
  bool hold_blanks_apart(const std::vector<Row>& rows) const {
    bool blanks = false;
    for (const Row& row : rows) {
      const std::u32string& text = row.line.text;
      if (text.size() > 2 * side_) return false;
      for (size_t i = 0; i < text.size(); ++i) {
        if (i % 2 == 1 && !is_grid_space(text[i])) return false;
        blanks = blanks || (i % 2 == 0 && is_grid_space(text[i]));
      }
    }
    return blanks;
  }

  Error wrong_count(size_t line, size_t cells) const {
    return refused(line, "{} cells; expected {} (a whole {}x{} Sudoku) or {} (one of its rows)", cells, whole_, side_,
                   side_, side_);
  }
  Error no_cell(size_t line, size_t cell, char32_t c) const {
    return bad_input(kInSudokuGrids, "{}: line {}, {}: {} is neither a digit ({}) nor a blank (. 0 _ *)", text_.source,
                     line, cell_name(static_cast<int64_t>(cell), static_cast<int64_t>(side_)), printable_character(c),
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
  const SudokuRowReader row_reader_;      // reads them
  size_t number_ = 1;                     // of the line at hand
  std::vector<Row> rows_;                 // of the grid at hand
  std::vector<size_t> rules_;             // lines of its frame, as numbers of rows above them
  std::optional<TextLine> column_names_;  // perhaps
  std::vector<TextLine> headers_;         // numbers above it, at most two
  SudokuListReader list_;
  size_t list_line_ = 1;
  bool xml_ = false, sections_ = false, in_puzzle_section_ = false, puzzle_section_ = false;
  std::vector<SudokuGrid> grids_;
};

}  // namespace

std::vector<SudokuGrid> find_grids(const SudokuShape& shape, const SudokuSymbols& symbols, const GridText& text,
                                   const GridFaults& fault) {
  if (const auto lines = lines_of_html_tables(text.text, {.separator = ",", .blank = ""}))
    return Finder(shape, symbols, {*lines, text.source, text.first_line}, fault).find();
  return Finder(shape, symbols, text, fault).find();
}

}  // namespace hrm::puzzles
