#include "puzzles/infer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/utf8.h"
#include "puzzles/maze.h"
#include "puzzles/maze_text.h"
#include "puzzles/sudoku.h"
#include "puzzles/table.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

using Layout = PuzzleSource::Layout;

std::unique_ptr<Family> infer_text_table(std::span<const PuzzleSource* const> sources) {
  std::set<char32_t> characters;
  size_t longest = 0, shortest = SIZE_MAX;
  for (const PuzzleSource* source : sources)
    for (const TextRow& row : source->rows())
      for (const std::string* text : {&row.question, &row.answer}) {
        const std::u32string points = to_code_points(*text);
        characters.insert(points.begin(), points.end());
        longest = std::max(longest, points.size());
        shortest = std::min(shortest, points.size());
      }
  std::string alphabet;
  for (char32_t c : characters) append_utf8(alphabet, c);
  return make_table({.alphabet = alphabet, .length = static_cast<int64_t>(longest), .padded = shortest < longest},
                    sources.front()->name());
}

std::unique_ptr<Family> infer_raw(std::span<const PuzzleSource* const> sources) {
  const std::string& name = sources.front()->name();
  const int64_t cells = element_count(std::span(sources.front()->inputs().shape()).subspan(1));
  const auto any = make_raw(cells, INT32_MAX, name);
  int64_t vocab = 1;
  for (const PuzzleSource* source : sources)
    for (const Record& record : read_records(*source, *any).records)
      for (const Tokens* tokens : {&record.question, &record.answer})
        for (int32_t token : *tokens) vocab = std::max<int64_t>(vocab, int64_t{token} + 1);
  return make_raw(cells, vocab, name);
}

// The first puzzles of a source of text, in a form that tells their size.
std::string_view head_of(const PuzzleSource& source) {
  constexpr size_t kHead = size_t{1} << 17;
  if (source.layout() == Layout::kRows)
    return source.rows().empty() ? std::string_view() : std::string_view(source.rows().front().question);
  const std::string_view text = source.text();
  return text.size() <= kHead ? text : text.substr(0, text.rfind('\n', kHead));
}

struct Trial {
  size_t puzzles = 0, faults = 0;
};

Trial try_shape(const SudokuShape& shape, std::string_view text, std::string_view symbols) {
  Trial trial;
  const bool fits = static_cast<int>(to_code_points(symbols).size()) == shape.side();
  make_sudoku(shape, "sudoku")
      ->read(text, TextPlace("sudoku", 1, fits ? symbols : std::string_view()),
             {.puzzle = [&](const ParsedPuzzle&) { ++trial.puzzles; },
              .fault = [&](const Error&, size_t) { ++trial.faults; }});
  return trial;
}

constexpr SudokuShape kWide{2, 3}, kTall{3, 2};

// The first size whose reading of the text has no fault, else the one with most puzzles.
std::optional<SudokuShape> shape_of_text(std::string_view text, std::string_view symbols) {
  std::optional<SudokuShape> best;
  size_t most = 0;
  for (const SudokuShape& shape : {SudokuShape{2, 2}, kWide, kTall, SudokuShape{3, 3}, SudokuShape{4, 4}}) {
    const Trial trial = try_shape(shape, text, symbols);
    if (trial.puzzles > 0 && trial.faults == 0) return shape;
    if (trial.puzzles > most) best = shape, most = trial.puzzles;
  }
  return best;
}

// How many of the first puzzles have one solution, which is the answer beside them where there is one.
size_t count_sound(const PuzzleSource& source, const SudokuShape& shape, size_t* tried) {
  constexpr size_t kMost = 64;
  const auto family = make_sudoku(shape, source.name());
  size_t sound = 0;
  *tried = 0;
  for (const Record& record : read_records(source, *family).records) {
    if (*tried == kMost) break;
    ++*tried;
    const auto solved = family->solve(record.question);
    sound += solved->rules.accepted && (record.answer.empty() || record.answer == solved->answer);
  }
  return sound;
}

SudokuShape boxes_of_six(const PuzzleSource& source, const SudokuShape& guess) {
  size_t tried = 0, tried_tall = 0;
  const size_t wide = count_sound(source, kWide, &tried), tall = count_sound(source, kTall, &tried_tall);
  if (wide == 0 && tall == 0) return guess;
  if (wide == 0 || (tall == tried_tall && wide < tried)) return kTall;
  if (tall == 0 || (wide == tried && tall < tried_tall)) return kWide;
  throw bad_input("puzzles.infer_sudoku",
                  "{}: boxes of 2 rows and 3 columns fit {} of the first {} puzzles, boxes of 3 and 2 fit {}: give "
                  "--boxes 2x3 or --boxes 3x2",
                  source.name(), wide, std::max(tried, tried_tall), tall);
}

// Height and width that a source itself tells; 0: not told. cells: of the first maze.
struct MazeMeasure {
  MazeShape shape{0, 0};
  int64_t cells = 0;
};

MazeMeasure measure(const PuzzleSource& source) {
  if (source.layout() == Layout::kArrays) {
    const Shape& shape = source.inputs().shape();
    MazeMeasure found{.cells = element_count(std::span(shape).subspan(1))};
    if (shape.size() == 3) found.shape = {shape[1], shape[2]};
    return found;
  }
  const std::string_view head = head_of(source);
  if (head.find_first_not_of("\r\n") == std::string_view::npos)
    throw bad_input("puzzles.infer_maze", "{}: contains no maze", source.name());
  const MazeShape lines = measure_maze(head, source.name());
  const bool single = lines.height == 1 || is_maze_a_line(head, source.file().symbols);
  return {.shape = single ? MazeShape{0, 0} : lines, .cells = single ? lines.width : lines.cells()};
}

}  // namespace

std::unique_ptr<Family> infer_sudoku(const PuzzleSource& source, std::optional<SudokuShape> boxes) {
  if (boxes) return make_sudoku(*boxes, "--boxes");
  std::optional<SudokuShape> shape;
  int64_t cells = 0;
  if (source.layout() == Layout::kArrays) {
    cells = element_count(std::span(source.inputs().shape()).subspan(1));
    shape = shape_of_cells(cells);
  } else {
    const std::string_view head = head_of(source);
    cells = static_cast<int64_t>(to_code_points(head).size());
    if (source.layout() == Layout::kRows) shape = shape_of_cells(cells);
    if (!shape) shape = shape_of_text(head, source.file().symbols);
  }
  if (!shape && source.layout() == Layout::kText) shape = SudokuShape{3, 3};  // whose faults say what stands there
  if (!shape && cells == 0) throw bad_input("puzzles.infer_sudoku", "{}: contains no puzzle", source.name());
  if (!shape)
    throw bad_input(
        "puzzles.infer_sudoku",
        "{}: the first question has {} cells; expected 16, 36, 81 or 256 (other sizes: --boxes, such as 2x4)",
        source.name(), cells);
  if (shape->side() == kWide.side()) shape = boxes_of_six(source, *shape);
  return make_sudoku(*shape, source.name());
}

std::unique_ptr<Family> infer_maze(const PuzzleSource& source, std::optional<MazeShape> given) {
  const auto [told, cells] = measure(source);
  if (given && told.height > 0 && *given != told)
    throw bad_input("puzzles.infer_maze", "{}: the first maze has {} rows of {} cells, --size says {}x{}",
                    source.name(), told.height, told.width, given->height, given->width);
  MazeShape shape = given ? *given : told;
  if (shape.height == 0) shape.height = shape.width = std::llround(std::sqrt(static_cast<double>(cells)));
  if (shape.cells() != cells)
    throw bad_input("puzzles.infer_maze", "{}: the first maze has {} cells on one line, {}{}x{}{}", source.name(),
                    cells, given ? "--size says " : "not ", shape.height, shape.width,
                    given ? "" : "; give --size HEIGHTxWIDTH");
  return make_maze(shape, source.name());
}

std::unique_ptr<Family> infer_table(std::span<const PuzzleSource* const> sources) {
  const PuzzleSource& first = *sources.front();
  for (const PuzzleSource* source : sources) {
    if (source->layout() == Layout::kText)
      throw bad_input("puzzles.infer_table",
                      "{}: is not a table with a column '{}'; --question-column and --answer-column name others, "
                      "--no-header uses the first two columns",
                      source->name(), source->file().question_column);
    if (source->layout() != first.layout())
      throw bad_input("puzzles.infer_table", "{} and {}: one is an array, the other a table", first.name(),
                      source->name());
  }
  return first.layout() == Layout::kRows ? infer_text_table(sources) : infer_raw(sources);
}

MazeShape parse_size(std::string_view text) {
  const auto number = [&](std::string_view part) {
    int64_t value = 0;
    const auto [end, fault] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (fault != std::errc() || end != part.data() + part.size() || value < 1 || value > 1024)
      throw bad_input("puzzles.parse_size", "size '{}'; expected a side, or HEIGHTxWIDTH, each 1 to 1024", text);
    return value;
  };
  const size_t cross = text.find_first_of("xX");
  if (cross == std::string_view::npos) return {number(text), number(text)};
  return {number(text.substr(0, cross)), number(text.substr(cross + 1))};
}

}  // namespace hrm::puzzles
