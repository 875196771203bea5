#include "puzzles/maze_text.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "puzzles/maze_cells.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInMazeText = "puzzles.maze.parse";
constexpr std::string_view kSymbols = "# SGo";

constexpr std::u32string_view kWalls = U"#\u2588\u2593\u25A0\u2592";

// Tokens of characters: the usual ones, as far as `symbols` does not give them another meaning.
class Symbols {
 public:
  explicit Symbols(std::string_view symbols) : custom_(to_code_points(symbols)) {}
  std::optional<int32_t> token(char32_t c) const {
    if (const size_t at = custom_.find(c); at != std::u32string::npos) return static_cast<int32_t>(at) + kWall;
    if (c == U'.' || c == U',' || c == U' ' || c == U'_') return kOpen;
    if (c == U'O' || c == U'o') return kPath;
    const size_t at = c < 0x80 && custom_.empty() ? kSymbols.find(static_cast<char>(c)) : std::string_view::npos;
    if (at == std::string_view::npos) return std::nullopt;
    return static_cast<int32_t>(at) + kWall;
  }

 private:
  const std::u32string custom_;
};

// The one character of `candidates` that is there; 0 where there is none or more than one.
char32_t only_one(std::u32string_view candidates, const std::set<char32_t>& there) {
  char32_t found = 0;
  for (char32_t c : candidates) {
    if (!there.contains(c)) continue;
    if (found) return 0;
    found = c;
  }
  return found;
}

class Reader {
 public:
  Reader(const MazeShape& shape, const TextPlace& place, const TextSinks& sinks, std::string_view symbols)
      : shape_(shape),
        place_(place),
        sinks_(sinks),
        symbols_(symbols),
        width_(static_cast<size_t>(shape.width)),
        whole_(static_cast<size_t>(shape.cells())) {}

  void read(std::string_view text) {
    for (LineSplitter lines(text, place_.first_line); lines.next();) {
      const TextLine& line = lines.line();
      if (skipping_ && !line.text.empty() && line.text.size() != whole_) continue;
      skipping_ = false;
      attempt(line.number, [&] { take(line); });
    }
    attempt(begin_, [&] { check_complete(); });
  }

 private:
  template <typename Action>
  void attempt(size_t line, Action&& action) {
    try {
      action();
    } catch (const Error& error) {
      if (!sinks_.fault) throw;
      maze_.clear();
      skipping_ = true;
      sinks_.fault(error, line);
    }
  }

  void take(const TextLine& line) {
    if (line.text.empty()) return check_complete();
    if (maze_.empty() && is_size(line)) return;
    if (maze_.empty()) begin_ = line.number;
    if (line.text.size() != width_ && !(maze_.empty() && line.text.size() == whole_))
      throw bad_input(kInMazeText, "{}: line {}: {} characters; expected {} for a row of the {}x{} maze{}",
                      place_.source, line.number, line.text.size(), width_, shape_.height, shape_.width,
                      line.text.size() < width_ ? " (open cells at the end may be written as '.')" : "");
    for (char32_t c : line.text) {
      const auto token = symbols_.token(c);
      if (!token)
        throw bad_input(kInMazeText,
                        "{}: line {}, {}: {} is not '#', ' ', '.', 'S', 'G' or 'o'; --symbols names other characters "
                        "for wall, open, start and goal (1023: 1 is a wall)",
                        place_.source, line.number, cell_name(static_cast<int64_t>(maze_.size()), shape_.width),
                        printable_character(c));
      maze_.push_back(*token);
    }
    if (maze_.size() == whole_) sinks_.puzzle({.line = begin_, .question = std::exchange(maze_, {})});
  }

  bool is_size(const TextLine& line) const {
    const auto size = maze_size_of(line.text);
    if (!size) return false;
    const bool fits = *size == shape_ || *size == MazeShape{shape_.width, shape_.height};
    const bool row = line.text.size() == width_ || line.text.size() == whole_;
    if (symbols_.token(line.text[line.text.find_first_not_of(U" \t,xX")]) && (row || !fits)) return false;
    if (!fits)
      throw bad_input(kInMazeText, "{}: line {}: size {} x {}; expected a maze of {} rows and {} columns",
                      place_.source, line.number, size->height, size->width, shape_.height, shape_.width);
    return true;
  }

  void check_complete() {
    if (maze_.empty()) return;
    const size_t rows = maze_.size() / width_;
    maze_.clear();
    throw bad_input(kInMazeText, "{}: the maze that begins at line {} has {} of {} rows", place_.source, begin_, rows,
                    shape_.height);
  }

  const MazeShape shape_;
  const TextPlace& place_;
  const TextSinks& sinks_;
  const Symbols symbols_;
  const size_t width_, whole_;
  Tokens maze_;
  size_t begin_ = 1;
  bool skipping_ = false;
};

}  // namespace

char maze_symbol(int32_t token) { return token >= kWall && token <= kPath ? kSymbols[token - kWall] : '?'; }

std::string_view maze_name(int32_t token) {
  constexpr std::string_view kNames[] = {"padding", "a wall", "an open cell", "S", "G", "a path cell"};
  return token >= 0 && token < kMazeVocab ? kNames[token] : "an unknown token";
}

void read_maze(const MazeShape& shape, std::string_view text, const TextPlace& place, const TextSinks& sinks) {
  const std::string_view texts[] = {text};
  const std::string found = place.symbols.empty() ? maze_symbols_of(texts) : std::string(place.symbols);
  const auto joined = joined_cells(text, &shape);
  Reader(shape, place, sinks, found).read(joined ? *joined : text);
}

std::string maze_symbols_of(std::span<const std::string_view> texts) {
  std::set<char32_t> there;
  for (const std::string_view text : texts) {
    const auto joined = joined_cells(text);
    for (LineSplitter lines(joined ? *joined : text, 1); lines.next();)
      if (!maze_size_of(lines.line().text)) there.insert(lines.line().text.begin(), lines.line().text.end());
  }
  const bool letters = there.contains(U'A') && there.contains(U'B');
  const char32_t wall = only_one(kWalls, there), start = letters ? U'A' : only_one(U"SsA", there),
                 goal = letters ? U'B' : only_one(U"GgEeFfB", there);
  if (!wall || !start || !goal) return "";
  std::set<char32_t> known = {wall, start, goal, U' ', U'.', U',', U'_', U'o', U'O'};
  if (!std::ranges::all_of(there, [&](char32_t c) { return known.contains(c); })) return "";
  if (wall == U'#' && start == U'S' && goal == U'G') return "";
  std::string symbols;
  for (char32_t c : {wall, U' ', start, goal, U'o'}) append_utf8(symbols, c);
  return symbols;
}

void check_maze_symbols(std::string_view symbols) {
  const std::u32string points = to_code_points(symbols);
  if (points.size() < 4 || points.size() > 5 ||
      std::set<char32_t>(points.begin(), points.end()).size() != points.size())
    throw bad_input(
        "puzzles.symbols",
        "--symbols '{}': expected 4 or 5 different characters: wall, open, start, goal and path, as in '# SGo'",
        symbols);
}

bool is_maze_a_line(std::string_view text, std::string_view symbols) {
  const std::string_view texts[] = {text};
  const Symbols known(symbols.empty() ? maze_symbols_of(texts) : std::string(symbols));
  const auto joined = joined_cells(text);
  size_t lines = 0, width = 0;
  for (LineSplitter splitter(joined ? *joined : text, 1); splitter.next();) {
    const std::u32string& line = splitter.line().text;
    if (line.empty() || maze_size_of(line)) continue;
    const auto count = [&](int32_t token) {
      return std::ranges::count_if(line, [&](char32_t c) { return known.token(c) == token; });
    };
    if (count(kStart) != 1 || count(kGoal) != 1 || (width != 0 && line.size() != width)) return false;
    width = line.size();
    ++lines;
  }
  return lines > 0;
}

namespace {

// Two characters wide, so that cells are about square: walls gray, the path yellow, what is new of it green, what has
// gone a pair of dots.
std::string colored_cell(int32_t token, bool changed) {
  const auto styled = [](std::string_view style, std::string_view text) {
    return fmt::format("\033[{}m{}\033[0m", style, text);
  };
  switch (token) {
    case kWall:
      return styled("100", "  ");
    case kPath:
      return styled(changed ? "42" : "43", "  ");
    case kStart:
      return styled("1", "S ");
    case kGoal:
      return styled("1", "G ");
    case kOpen:
      return changed ? styled("2", "..") : "  ";
    default:
      return styled("31", "? ");
  }
}

}  // namespace

std::string render_maze(const MazeShape& shape, std::span<const int32_t> tokens, const RenderOptions& options) {
  std::string text;
  for (int64_t i = 0; i < shape.cells(); ++i) {
    const bool changed = !options.previous.empty() && options.previous[i] != tokens[i];
    if (options.color) {
      text += colored_cell(tokens[i], changed);
    } else {
      const char symbol = maze_symbol(tokens[i]);
      text += !changed ? symbol : symbol == 'o' ? 'O' : symbol == ' ' ? ',' : symbol;
    }
    if ((i + 1) % shape.width == 0) text += '\n';
  }
  return text;
}

MazeShape measure_maze(std::string_view text, std::string_view source) {
  const auto joined = joined_cells(text);
  MazeShape shape{.height = 0, .width = 0};
  for (LineSplitter lines(joined ? *joined : text, 1); lines.next();) {
    const std::u32string& line = lines.line().text;
    if (line.empty() && shape.height > 0) break;
    const auto size = maze_size_of(line);
    if (line.empty() || (size && shape.height == 0 && line.find_first_not_of(U"01 ") != std::u32string::npos)) continue;
    if (size && shape.height == 0 && static_cast<int64_t>(line.size()) < size->width) continue;
    if (shape.height++ == 0) shape.width = static_cast<int64_t>(line.size());
  }
  if (shape.height == 0) throw bad_input(kInMazeText, "{}: contains no maze", source);
  return shape;
}

}  // namespace hrm::puzzles
