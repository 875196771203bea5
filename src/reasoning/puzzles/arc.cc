#include "puzzles/arc.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "puzzles/arc_task.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInArc = "puzzles.arc.parse";

// As a 24-bit terminal color.
std::string terminal_color(uint8_t color) {
  const uint32_t rgb = kArcPalette[color];
  return fmt::format("{};{};{}", rgb >> 16, rgb >> 8 & 0xff, rgb & 0xff);
}

// Moves a pair to another place on the canvas.
class Translation : public Augmenter {
 public:
  explicit Translation(int side) : side_(side) {}

  void apply(uint64_t seed, std::span<int32_t> question, std::span<int32_t> answer) const override {
    if (seed == 0) return;
    const ArcGrid input = decode_arc(question, side_, find_arc(question, side_));
    const ArcGrid output = answer.empty() ? ArcGrid() : decode_arc(answer, side_, find_arc(answer, side_));
    if (input.empty() || (!answer.empty() && output.empty())) return;  // no grid: nothing to move
    Rng rng(seed);
    const ArcOffset offset = draw_arc_place(rng, input, output, side_);
    write(input, offset, question, 0);
    // Labels have no padding token where padding is not supervised.
    if (!answer.empty())
      write(output, offset, answer, std::ranges::find(answer, 0) == answer.end() ? model::kIgnoreLabel : 0);
  }

  // Answers are read from the corner.
  void undo(uint64_t seed, std::span<int32_t> grid) const override {
    if (seed != 0) write(decode_arc(grid, side_, find_arc(grid, side_)), {}, grid, 0);
  }

 private:
  void write(const ArcGrid& grid, ArcOffset offset, std::span<int32_t> tokens, int32_t padding) const {
    encode_arc(grid, offset, side_, tokens);
    std::ranges::replace(tokens, 0, padding);
  }

  int side_;
};

class ArcFamily : public Family {
 public:
  explicit ArcFamily(int side) : side_(side) {}

  std::string name() const override { return "arc"; }
  Json describe() const override { return {{"family", name()}, {"side", side_}}; }
  int64_t seq_len() const override { return int64_t{side_} * side_; }
  int64_t vocab_size() const override { return kArcVocab; }
  std::optional<int32_t> ignore_token() const override { return 0; }
  bool has_rules() const override { return false; }
  bool answers_are_symbols() const override { return false; }  // the end of a grid is token 1
  std::optional<int> arc_side() const override { return side_; }

  void read(std::string_view text, const TextPlace& place, const TextSinks& sinks) const override {
    const auto attempt = [&](size_t line, const auto& action) {
      try {
        sinks.puzzle({.line = line, .question = tokens_of(action(), place.source, line), .answer = {}});
      } catch (const Error& error) {
        if (!sinks.fault) throw;
        sinks.fault(error, line);
      }
    };
    std::vector<Row> block;
    const auto finish = [&] {
      if (block.empty()) return;
      attempt(block.front().number, [&] { return grid_of(block, place.source); });
      block.clear();
    };
    for (LineSplitter lines(text, place.first_line); lines.next();) {
      const size_t number = lines.line().number;
      std::string line;
      for (char32_t c : lines.line().text) append_utf8(line, c);
      const size_t begin = line.find_first_not_of(" \t");
      if (begin == std::string::npos) {
        finish();
      } else if (line[begin] == '[') {
        finish();
        attempt(number, [&] {
          const std::string where = fmt::format("{}: line {}", place.source, number);
          return arc_grid_from_json(parse_json(line, place.source, number), where);
        });
      } else if (line.find('/') != std::string::npos) {
        finish();
        attempt(number, [&] { return grid_of(rows_of(line, number), place.source); });
      } else {
        block.push_back({number, std::move(line)});
      }
    }
    finish();
  }

  std::string to_line(std::span<const int32_t> tokens) const override {
    const ArcGrid grid = grid_in(tokens);
    std::string line;
    for (int r = 0; r < grid.rows; ++r) {
      if (r > 0 || grid.rows == 1) line += '/';  // a single row starts with one: "/012"
      for (int c = 0; c < grid.columns; ++c) line += static_cast<char>('0' + grid.at(r, c));
    }
    return line;
  }

  std::string render(std::span<const int32_t> tokens, const RenderOptions& options) const override {
    const ArcOffset corner = find_arc(tokens, side_);
    const ArcGrid grid = decode_arc(tokens, side_, corner);
    if (grid.empty()) return "(no grid)\n";
    std::string text;
    for (int r = 0; r < grid.rows; ++r) {
      for (int c = 0; c < grid.columns; ++c) {
        const auto cell = static_cast<size_t>((corner.row + r) * side_ + corner.column + c);
        const bool changed = !options.previous.empty() && options.previous[cell] != tokens[cell];
        const uint8_t color = grid.at(r, c);
        if (options.color)
          text += fmt::format("\033[48;2;{}m\033[{}m{}{}", terminal_color(color), is_light(color) ? "38;2;0;0;0" : "97",
                              changed ? '>' : ' ', color);
        else
          text += fmt::format("{}{}", changed ? '>' : ' ', color);
      }
      text += options.color ? "\033[0m\n" : "\n";
    }
    return text;
  }

  RuleCheck check_question(std::span<const int32_t> question) const override {
    return grid_in(question).empty() ? RuleCheck{false, "no grid of colors"} : RuleCheck{true, ""};
  }
  RuleCheck check_answer(std::span<const int32_t>, std::span<const int32_t> answer) const override {
    return decode_arc(answer, side_).empty() ? RuleCheck{false, "no grid of colors in the corner"}
                                             : RuleCheck{true, ""};
  }

  std::unique_ptr<Augmenter> augmenter() const override { return std::make_unique<Translation>(side_); }

 private:
  struct Row {
    size_t number;
    std::string text;
  };

  static bool is_light(uint8_t color) { return color == 3 || color == 4 || color == 5 || color == 7 || color == 8; }

  ArcGrid grid_in(std::span<const int32_t> tokens) const { return decode_arc(tokens, side_, find_arc(tokens, side_)); }

  static std::vector<Row> rows_of(std::string_view line, size_t number) {
    std::vector<Row> rows;
    while (true) {
      const size_t end = line.find('/');
      rows.push_back({number, std::string(line.substr(0, end))});
      if (end == std::string_view::npos) break;
      line.remove_prefix(end + 1);
    }
    if (rows.size() == 2 && rows.front().text.find_first_not_of(" \t") == std::string::npos) rows.erase(rows.begin());
    return rows;
  }

  static ArcGrid grid_of(const std::vector<Row>& rows, std::string_view source) {
    ArcGrid grid{.rows = static_cast<int>(rows.size())};
    for (size_t r = 0; r < rows.size(); ++r) {
      int columns = 0;
      for (const char c : rows[r].text) {
        if (c == ' ' || c == '\t' || c == ',' || c == '\r') continue;
        if (c < '0' || c > '9')
          throw bad_input(kInArc,
                          "{}: line {}, cell {}: expected a color from 0 to 9 (to solve a task, give its file: "
                          "hrm solve task.json)",
                          source, rows[r].number, columns + 1);
        grid.cells.push_back(static_cast<uint8_t>(c - '0'));
        ++columns;
      }
      if (r == 0) grid.columns = columns;
      if (columns != grid.columns || columns == 0)
        throw bad_input(kInArc, "{}: line {}: {} cells, expected {}", source, rows[r].number, columns,
                        grid.columns == 0 ? "at least one" : fmt::format("{} as in the first row", grid.columns));
    }
    return grid;
  }

  Tokens tokens_of(const ArcGrid& grid, std::string_view source, size_t line) const {
    if (grid.rows > side_ || grid.columns > side_)
      throw bad_input(kInArc, "{}: line {}: a grid of {}x{}; at most {}x{} is allowed here", source, line, grid.rows,
                      grid.columns, side_, side_);
    Tokens tokens(static_cast<size_t>(seq_len()));
    encode_arc(grid, {}, side_, tokens);
    return tokens;
  }

  int side_;
};

}  // namespace

std::unique_ptr<Family> make_arc(int64_t side, std::string_view source) {
  if (side < 1 || side > kArcSide)
    throw bad_input("puzzles.make_arc", "{}: ARC grids on a canvas of side {}; expected 1 to {}", source, side,
                    kArcSide);
  return std::make_unique<ArcFamily>(static_cast<int>(side));
}

}  // namespace hrm::puzzles
