#include "puzzles/sudoku_text.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kWhere = "puzzles.sudoku.parse";

bool is_space(char32_t c) { return c == U' ' || c == U'\t' || c == 0xA0; }
bool is_blank_symbol(char32_t c) { return c == U'.' || c == U'0' || c == U'_' || c == U'*'; }
bool is_mark(char32_t c) { return c == U':' || c == U'>'; }  // render_sudoku's

bool is_vertical(char32_t c) {
  return c == U'|' || c == 0x2502 || c == 0x2503 || c == 0x2506 || c == 0x2507 || c == 0x250A || c == 0x250B ||
         c == 0x2551;
}

bool is_frame(char32_t c) {
  return is_vertical(c) || c == U'+' || c == U'-' || c == U'=' || (c >= 0x2500 && c < 0x2580);
}

// A line of a frame between rows of cells: "+---+---+", "------", "├───┼───┤".
bool is_rule(const std::u32string& line) {
  return std::ranges::all_of(line, [](char32_t c) { return is_frame(c) || is_space(c); }) &&
         std::ranges::any_of(line, [](char32_t c) { return is_frame(c) && !is_vertical(c); });
}

// Token of a symbol; nullopt where it is none.
std::optional<int32_t> token_of(char32_t c, int side) {
  if (is_blank_symbol(c) || is_space(c)) return kSudokuBlank;
  int digit = 0;
  if (c >= U'1' && c <= U'9')
    digit = static_cast<int>(c - U'0');
  else if (c >= U'A' && c <= U'Z')
    digit = static_cast<int>(c - U'A') + 10;
  else if (c >= U'a' && c <= U'z')
    digit = static_cast<int>(c - U'a') + 10;
  if (digit < 1 || digit > side) return std::nullopt;
  return digit + kSudokuBlank;
}

std::string symbols_of(int side) {
  if (side < 10) return fmt::format("1-{}", side);
  return fmt::format("1-9, A-{}", static_cast<char>('A' + side - 10));
}

class Parser {
 public:
  Parser(const SudokuShape& shape, std::string_view source) : shape_(shape), side_(shape.side()), source_(source) {}

  std::vector<Tokens> parse(std::string_view text) {
    for (TextLine& line : split_lines(text)) {
      if (line.text.starts_with(U'#')) continue;
      std::erase_if(line.text, is_mark);
      if (std::ranges::all_of(line.text, is_space) && line.text.size() < static_cast<size_t>(side_)) {
        finish_block(/*at_end=*/false);
      } else if (!is_rule(line.text)) {
        add(std::move(line));
      }
    }
    finish_block(/*at_end=*/true);
    return std::move(puzzles_);
  }

 private:
  void add(TextLine line) {
    const auto cells = cells_with_symbols(line.text);
    const size_t whole = static_cast<size_t>(shape_.cells());
    const bool spaced_whole = line.text.size() == whole && std::ranges::none_of(line.text, is_frame);
    if (block_.empty() && (cells == whole || spaced_whole)) {
      std::u32string symbols = line.text;
      if (cells == whole) std::erase_if(symbols, [](char32_t c) { return is_space(c) || is_frame(c); });
      puzzles_.emplace_back();
      for (char32_t c : symbols) push(puzzles_.back(), c, line.number);
      return;
    }
    block_.push_back(std::move(line));
    if (block_.size() == static_cast<size_t>(side_)) read_block();
  }

  static size_t cells_with_symbols(const std::u32string& text) {
    return static_cast<size_t>(std::ranges::count_if(text, [](char32_t c) { return !is_space(c) && !is_frame(c); }));
  }

  // An empty line ends a puzzle, unless it only separates bands.
  void finish_block(bool at_end) {
    if (block_.empty() || (!at_end && block_.size() % shape_.box_rows == 0)) return;
    const TextLine& first = block_.front();
    const size_t symbols = cells_with_symbols(first.text);
    if (block_.size() == 1 && symbols != static_cast<size_t>(side_))
      throw bad_input(kWhere, "{}: line {}: {} cells; expected {} (a whole {}x{} Sudoku) or {} (one of its rows)",
                      source_, first.number, symbols, shape_.cells(), side_, side_, side_);
    throw bad_input(kWhere, "{}: the puzzle that begins at line {} has {} of {} rows", source_, first.number,
                    block_.size(), side_);
  }

  void read_block() {
    // Spaces stand for blanks, one character a cell, where no line is longer than that; else they separate.
    bool compact = true;
    for (TextLine& line : block_) {
      compact = compact && line.text.size() <= static_cast<size_t>(side_) && std::ranges::none_of(line.text, is_frame);
    }
    Tokens& tokens = puzzles_.emplace_back();
    for (const TextLine& line : block_) read_row(line, compact, tokens);
    block_.clear();
  }

  void read_row(const TextLine& line, bool compact, Tokens& tokens) {
    std::u32string symbols;
    if (cells_with_symbols(line.text) == static_cast<size_t>(side_)) {
      for (char32_t c : line.text)
        if (!is_space(c) && !is_frame(c)) symbols += c;
    } else if (compact) {
      symbols = line.text;
      symbols.resize(side_, U' ');
    } else if (std::ranges::any_of(line.text, is_vertical)) {
      symbols = framed_row(line);
    } else {
      symbols = every_second(line);
    }
    for (char32_t c : symbols) push(tokens, c, line.number);
  }

  // "|5 3  |  7  |" or "| 5 | 3 |   |": blanks are spaces, bars separate boxes or cells.
  std::u32string framed_row(const TextLine& line) {
    std::vector<std::u32string> parts(1);
    for (char32_t c : line.text) {
      if (is_vertical(c))
        parts.emplace_back();
      else
        parts.back() += c;
    }
    const auto all_space = [](const std::u32string& part) { return std::ranges::all_of(part, is_space); };
    if (is_vertical(line.text.back()) || all_space(parts.back())) parts.pop_back();
    if (!parts.empty() && all_space(parts.front()) && parts.size() != static_cast<size_t>(shape_.stacks()) &&
        parts.size() != static_cast<size_t>(side_))
      parts.erase(parts.begin());
    const size_t per_part = parts.empty() || side_ % parts.size() != 0 ? 0 : side_ / parts.size();
    if (per_part != 1 && per_part != static_cast<size_t>(shape_.box_columns)) throw wrong_row(line);
    std::u32string symbols;
    for (const std::u32string& part : parts) append_part(symbols, part, per_part, line);
    return symbols;
  }

  void append_part(std::u32string& symbols, const std::u32string& part, size_t cells, const TextLine& line) {
    if (cells == 1) {
      std::u32string inner = part;
      std::erase_if(inner, is_space);
      if (inner.size() > 1) throw wrong_row(line);
      symbols += inner.empty() ? U' ' : inner[0];
    } else if (part.size() == cells) {
      symbols += part;
    } else if (part.size() + 1 == 2 * cells || part.size() == 2 * cells + 1) {
      const size_t first = part.size() == 2 * cells + 1;
      for (size_t i = 0; i < part.size(); ++i)
        if (i % 2 == first % 2)
          symbols += part[i];
        else if (!is_space(part[i]))
          throw wrong_row(line);
    } else {
      throw wrong_row(line);
    }
  }

  // "5 3     7": cells at every second character, trailing blanks possibly cut.
  std::u32string every_second(const TextLine& line) {
    if (line.text.size() > 2 * static_cast<size_t>(side_)) throw wrong_row(line);
    std::u32string symbols;
    for (size_t i = 0; i < line.text.size(); ++i) {
      if (i % 2 == 0)
        symbols += line.text[i];
      else if (!is_space(line.text[i]))
        throw wrong_row(line);
    }
    symbols.resize(side_, U' ');
    return symbols;
  }

  Error wrong_row(const TextLine& line) const {
    return bad_input(kWhere,
                     "{}: line {}: {} cells; expected {} ({}, or a blank: . 0 _ *) for a row, or {} for a whole puzzle",
                     source_, line.number, cells_with_symbols(line.text), side_, symbols_of(side_), shape_.cells());
  }

  void push(Tokens& tokens, char32_t c, size_t line) const {
    const auto token = token_of(c, side_);
    if (!token)
      throw bad_input(kWhere, "{}: line {}, {}: {} is neither a digit ({}) nor a blank (. 0 _ *)", source_, line,
                      cell_name(static_cast<int64_t>(tokens.size()), side_), printable(c), symbols_of(side_));
    tokens.push_back(*token);
  }

  const SudokuShape shape_;
  const int side_;
  const std::string_view source_;
  std::vector<TextLine> block_;  // rows of the puzzle being read
  std::vector<Tokens> puzzles_;
};

constexpr std::string_view kBold = "\033[1m", kGreen = "\033[1;32m", kReset = "\033[0m";

class Renderer {
 public:
  Renderer(const SudokuShape& shape, std::span<const int32_t> tokens, const RenderOptions& options)
      : shape_(shape), tokens_(tokens), options_(options) {
    marked_ = !options.colour && (!options.question.empty() || !options.previous.empty());
  }

  std::string draw() {
    rule("┌", "┬", "┐");
    for (int row = 0; row < shape_.side(); ++row) {
      if (row > 0 && row % shape_.box_rows == 0) rule("├", "┼", "┤");
      for (int column = 0; column < shape_.side(); ++column) {
        if (column % shape_.box_columns == 0) text_ += column ? " │" : "│";
        cell(row * shape_.side() + column);
      }
      text_ += " │\n";
    }
    rule("└", "┴", "┘");
    return std::move(text_);
  }

 private:
  void rule(std::string_view left, std::string_view middle, std::string_view right) {
    for (int stack = 0; stack < shape_.stacks(); ++stack) {
      text_ += stack ? middle : left;
      for (int i = 0; i < shape_.box_columns * (marked_ ? 3 : 2) + 1; ++i) text_ += "─";
    }
    text_ += right;
    text_ += '\n';
  }

  void cell(int at) {
    const bool given = !options_.question.empty() && options_.question[at] > kSudokuBlank;
    const bool changed = !options_.previous.empty() && options_.previous[at] != tokens_[at];
    const char symbol = sudoku_symbol(tokens_[at], shape_);
    text_ += ' ';
    if (marked_) text_ += changed ? '>' : given ? ':' : ' ';
    const std::string_view style = !options_.colour ? "" : changed ? kGreen : given ? kBold : "";
    text_ += style;
    text_ += symbol;
    if (!style.empty()) text_ += kReset;
  }

  const SudokuShape shape_;
  const std::span<const int32_t> tokens_;
  const RenderOptions& options_;
  bool marked_ = false;
  std::string text_;
};

}  // namespace

char sudoku_symbol(int32_t token, const SudokuShape& shape) {
  const int32_t digit = token - kSudokuBlank;
  if (digit < 0 || digit > shape.side()) return '?';
  if (digit == 0) return '.';
  return static_cast<char>(digit < 10 ? '0' + digit : 'A' + digit - 10);
}

std::vector<Tokens> parse_sudoku(const SudokuShape& shape, std::string_view text, std::string_view source) {
  return Parser(shape, source).parse(text);
}

std::string render_sudoku(const SudokuShape& shape, std::span<const int32_t> tokens, const RenderOptions& options) {
  return Renderer(shape, tokens, options).draw();
}

}  // namespace hrm::puzzles
