#include "puzzles/sudoku_text.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "puzzles/sudoku_grids.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInSudokuText = "puzzles.sudoku.parse";
constexpr int kFirstWithLetters = 10;  // sides from here on may be written from 0

// The kinds of blanks in a grid; spaces count as one.
std::set<char32_t> blanks_of(std::u32string_view cells, const SudokuSymbols& symbols) {
  std::set<char32_t> kinds;
  for (char32_t c : cells)
    if (!symbols.digit(c)) kinds.insert(is_grid_space(c) ? U' ' : c);
  return kinds;
}

bool holds_zero_beside_blank(const SudokuGrid& grid, const SudokuSymbols& symbols) {
  const auto kinds = blanks_of(grid.cells, symbols);
  return kinds.contains(U'0') && kinds.size() > 1;
}

bool holds_digit(std::u32string_view cells, int digit, const SudokuSymbols& symbols) {
  return std::ranges::any_of(cells, [&](char32_t c) { return symbols.digit(c) == digit; });
}

// A full grid in digits from 0: '0' once in every row and column, no other blank.
bool is_full_from_zero(std::u32string_view cells, const SudokuSymbols& symbols) {
  const auto side = static_cast<size_t>(symbols.side());
  if (cells.empty() || blanks_of(cells, symbols) != std::set<char32_t>{U'0'}) return false;
  std::set<size_t> rows, columns;
  for (size_t i = 0; i < cells.size(); ++i)
    if (cells[i] == U'0') rows.insert(i / side), columns.insert(i % side);
  return std::ranges::count(cells, U'0') == std::ssize(rows) && rows.size() == side && columns.size() == side;
}

bool are_from_zero(const std::vector<SudokuGrid>& grids, const SudokuSymbols& symbols) {
  bool from_zero = false;
  for (const SudokuGrid& grid : grids) {
    if (holds_digit(grid.cells, symbols.side(), symbols) || holds_digit(grid.solution, symbols.side(), symbols))
      return false;
    from_zero = from_zero || holds_zero_beside_blank(grid, symbols) || is_full_from_zero(grid.cells, symbols) ||
                is_full_from_zero(grid.solution, symbols);
  }
  return from_zero;
}

class Reader {
 public:
  Reader(const SudokuShape& shape, const TextPlace& place, const TextSinks& sinks)
      : shape_(shape), place_(place), sinks_(sinks) {}

  void read(std::string_view text) {
    const SudokuSymbols given(shape_.side(), place_.symbols);
    const auto fault = [this](const Error& error, size_t line) { refuse(error, line); };
    const GridText grid_text{text, place_.source, place_.first_line};
    std::vector<SudokuGrid> grids = find_grids(shape_, given, grid_text, fault);
    std::string custom(place_.symbols);
    if (custom.empty() && shape_.side() >= kFirstWithLetters && are_from_zero(grids, given)) {
      custom = zero_based_symbols(shape_.side());
      if (sinks_.note)
        sinks_.note(fmt::format("{}: digits are read as {} ('0' is one of them); hrm writes them as {}", place_.source,
                                SudokuSymbols(shape_.side(), custom).range(), given.range()));
    }
    const SudokuSymbols symbols(shape_.side(), custom);
    top_seen_ = !custom.empty() || std::ranges::any_of(grids, [&](const SudokuGrid& grid) {
      return holds_digit(grid.cells, shape_.side(), symbols) || holds_digit(grid.solution, shape_.side(), symbols);
    });
    for (const SudokuGrid& grid : grids) {
      try {
        ParsedPuzzle puzzle{.line = grid.lines.front(), .question = tokens_of(grid, grid.cells, symbols)};
        if (!grid.solution.empty()) puzzle.answer = tokens_of(grid, grid.solution, symbols);
        sinks_.puzzle(std::move(puzzle));
      } catch (const Error& error) {
        refuse(error, grid.lines.front());
      }
    }
  }

 private:
  void refuse(const Error& error, size_t line) const {
    if (!sinks_.fault) throw error;
    sinks_.fault(error, line);
  }

  Tokens tokens_of(const SudokuGrid& grid, const std::u32string& cells, const SudokuSymbols& symbols) const {
    check_blanks(grid, cells, symbols);
    Tokens tokens;
    for (char32_t c : cells) tokens.push_back(symbols.digit(c).value_or(0) + kSudokuBlank);
    return tokens;
  }

  void check_blanks(const SudokuGrid& grid, const std::u32string& cells, const SudokuSymbols& symbols) const {
    const auto kinds = blanks_of(cells, symbols);
    for (size_t i = 0; i < cells.size(); ++i) {
      const char32_t c = cells[i];
      if (symbols.digit(c) || is_grid_space(c) || is_plain_blank(c) || (is_sole_blank(c) && kinds.size() == 1))
        continue;
      throw bad_input(kInSudokuText, "{}: line {}, {}: {} is neither a digit ({}) nor a blank (. 0 _ *{})",
                      place_.source, line_of(grid, i), cell_name(static_cast<int64_t>(i), shape_.side()),
                      printable_character(c), symbols.range(),
                      is_sole_blank(c) ? ", or - x ? if they are the only blanks of a puzzle" : "");
    }
    if (kinds.contains(U'0') && kinds.size() > 1 && !top_seen_)
      throw bad_input(kInSudokuText,
                      "{}: line {}: both '0' and {} occur, but no {}: is '0' a digit or a blank? Write blanks one way, "
                      "or give --symbols {} (or the digits that you use)",
                      place_.source, grid.lines.front(),
                      printable_character(*kinds.rbegin() == U'0' ? *kinds.begin() : *kinds.rbegin()),
                      symbols.range().back(), zero_based_symbols(shape_.side()));
  }

  size_t line_of(const SudokuGrid& grid, size_t cell) const {
    return grid.lines.size() == 1 ? grid.lines[0] : grid.lines[cell / shape_.side()];
  }

  const SudokuShape shape_;
  const TextPlace& place_;
  const TextSinks& sinks_;
  bool top_seen_ = false;  // the highest digit occurs, so that digits are not written from 0
};

}  // namespace

void read_sudoku(const SudokuShape& shape, std::string_view text, const TextPlace& place, const TextSinks& sinks) {
  Reader(shape, place, sinks).read(text);
}

std::string sudoku_symbols_of(const SudokuShape& shape, std::span<const std::string_view> texts) {
  if (shape.side() < kFirstWithLetters) return "";
  const SudokuSymbols symbols(shape.side(), "");
  std::vector<SudokuGrid> all;
  for (const std::string_view text : texts)
    for (SudokuGrid& grid : find_grids(shape, symbols, {.text = text, .source = ""}, [](const Error&, size_t) {}))
      all.push_back(std::move(grid));
  return are_from_zero(all, symbols) ? zero_based_symbols(shape.side()) : usual_symbols(shape.side());
}

void check_sudoku_symbols(const SudokuShape& shape, std::string_view symbols) {
  const std::u32string points = to_code_points(symbols);
  const std::set<char32_t> different(points.begin(), points.end());
  if (std::ssize(points) != shape.side() || different.size() != points.size() ||
      std::ranges::any_of(points, [](char32_t c) { return is_grid_space(c) || c == 0xFFFD; }))
    throw bad_input("puzzles.symbols",
                    "--symbols '{}': expected the {} digits in order, each one character, for instance {}", symbols,
                    shape.side(), zero_based_symbols(shape.side()));
}

}  // namespace hrm::puzzles
