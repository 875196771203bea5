#include "puzzles/maze_text.h"

#include <optional>

#include "base/error.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kWhere = "puzzles.maze.parse";
constexpr std::string_view kSymbols = "# SGo";

std::optional<int32_t> token_of(char32_t c) {
  if (c == U'.' || c == U',') return kOpen;
  if (c == U'O') return kPath;
  const size_t at = c < 0x80 ? kSymbols.find(static_cast<char>(c)) : std::string_view::npos;
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<int32_t>(at) + kWall;
}

}  // namespace

char maze_symbol(int32_t token) { return token >= kWall && token <= kPath ? kSymbols[token - kWall] : '?'; }

std::string_view maze_name(int32_t token) {
  constexpr std::string_view kNames[] = {"padding", "a wall", "an open cell", "S", "G", "a path cell"};
  return token >= 0 && token < kMazeVocab ? kNames[token] : "an unknown token";
}

std::vector<Tokens> parse_maze(const MazeShape& shape, std::string_view text, std::string_view source) {
  const auto width = static_cast<size_t>(shape.width), whole = static_cast<size_t>(shape.cells());
  std::vector<Tokens> mazes;
  Tokens maze;
  size_t begin = 0;
  const auto check_complete = [&] {
    if (!maze.empty())
      throw bad_input(kWhere, "{}: the maze that begins at line {} has {} of {} rows", source, begin,
                      maze.size() / width, shape.height);
  };
  for (const TextLine& line : split_lines(text)) {
    if (line.text.empty()) {
      check_complete();
      continue;
    }
    if (maze.empty()) begin = line.number;
    if (line.text.size() != width && !(maze.empty() && line.text.size() == whole))
      throw bad_input(kWhere, "{}: line {}: {} characters; expected {} for a row of the {}x{} maze{}", source,
                      line.number, line.text.size(), width, shape.height, shape.width,
                      line.text.size() < width ? " (open cells at the end may be written as '.')" : "");
    for (char32_t c : line.text) {
      const auto token = token_of(c);
      if (!token)
        throw bad_input(kWhere, "{}: line {}, {}: {} is none of '#', ' ' or '.', 'S', 'G', 'o'", source, line.number,
                        cell_name(static_cast<int64_t>(maze.size()), shape.width), printable(c));
      maze.push_back(*token);
    }
    if (maze.size() == whole) mazes.push_back(std::exchange(maze, {}));
  }
  check_complete();
  return mazes;
}

std::string render_maze(const MazeShape& shape, std::span<const int32_t> tokens, const RenderOptions& options) {
  std::string text;
  for (int64_t i = 0; i < shape.cells(); ++i) {
    const bool changed = !options.previous.empty() && options.previous[i] != tokens[i];
    char symbol = maze_symbol(tokens[i]);
    if (changed && !options.colour) symbol = symbol == 'o' ? 'O' : symbol == ' ' ? ',' : symbol;
    const std::string_view style = !options.colour      ? ""
                                   : changed            ? "\033[1;32m"
                                   : tokens[i] == kPath ? "\033[1m"
                                   : tokens[i] == kWall ? "\033[2m"
                                                        : "";
    text += style;
    text += changed && options.colour && symbol == ' ' ? '.' : symbol;
    if (!style.empty()) text += "\033[0m";
    if ((i + 1) % shape.width == 0) text += '\n';
  }
  return text;
}

MazeShape measure_maze(std::string_view text, std::string_view source) {
  MazeShape shape{.height = 0, .width = 0};
  for (const TextLine& line : split_lines(text)) {
    if (line.text.empty() && shape.height > 0) break;
    if (line.text.empty()) continue;
    if (shape.height++ == 0) shape.width = static_cast<int64_t>(line.text.size());
  }
  if (shape.height == 0) throw bad_input(kWhere, "{}: holds no maze", source);
  return shape;
}

}  // namespace hrm::puzzles
