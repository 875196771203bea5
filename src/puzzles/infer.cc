#include "puzzles/infer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/error.h"
#include "puzzles/maze.h"
#include "puzzles/sudoku.h"
#include "puzzles/table.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

std::unique_ptr<Family> infer_text_table(const std::vector<RecordFile>& files) {
  std::set<char32_t> characters;
  size_t longest = 0, shortest = SIZE_MAX;
  for (const RecordFile& file : files)
    for (const TextRow& row : read_csv_rows(file))
      for (const std::string* text : {&row.question, &row.answer}) {
        const std::u32string points = to_code_points(*text);
        characters.insert(points.begin(), points.end());
        longest = std::max(longest, points.size());
        shortest = std::min(shortest, points.size());
      }
  std::string alphabet;
  for (char32_t c : characters) append_utf8(alphabet, c);
  return make_table({.alphabet = alphabet, .length = static_cast<int64_t>(longest), .padded = shortest < longest},
                    files.front().path.string());
}

std::unique_ptr<Family> infer_raw(const std::vector<RecordFile>& files) {
  int64_t cells = measure_questions(files.front()).cells;
  const auto any = make_raw(cells, INT32_MAX, files.front().path.string());
  int64_t vocab = 1;
  for (const RecordFile& file : files)
    for (const Record& record : read_records(file, *any).records)
      for (const Tokens* tokens : {&record.question, &record.answer})
        for (int32_t token : *tokens) vocab = std::max<int64_t>(vocab, int64_t{token} + 1);
  return make_raw(cells, vocab, files.front().path.string());
}

// A question as a grid of several lines or with spaces between its cells: the first size that reads it.
std::optional<SudokuShape> shape_of_text(const std::string& question) {
  for (const int64_t cells : {16, 36, 81, 256}) {
    const auto shape = shape_of_cells(cells);
    try {
      if (make_sudoku(*shape, "question")->parse(question, "question").size() == 1) return shape;
    } catch (const Error&) {  // not this size
    }
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Family> infer_sudoku(const RecordFile& file) {
  const int64_t cells = measure_questions(file).cells;
  auto shape = shape_of_cells(cells);
  if (!shape && is_csv(file.path)) shape = shape_of_text(read_csv_rows(file).front().question);
  if (!shape)
    throw bad_input("puzzles.infer_sudoku", "{}: the first question has {} cells; expected 16, 36, 81 or 256",
                    file.path.string(), cells);
  return make_sudoku(*shape, file.path.string());
}

std::unique_ptr<Family> infer_maze(const RecordFile& file, std::optional<MazeShape> given) {
  const QuestionSize size = measure_questions(file);
  MazeShape shape{size.height, size.width};
  if (given) {
    shape = *given;
  } else if (size.height == 0) {
    shape.height = shape.width = std::llround(std::sqrt(static_cast<double>(size.cells)));
  }
  if (shape.cells() != size.cells)
    throw bad_input("puzzles.infer_maze", "{}: the first maze has {} cells, not {}x{}; say --size HEIGHTxWIDTH",
                    file.path.string(), size.cells, shape.height, shape.width);
  return make_maze(shape, file.path.string());
}

std::unique_ptr<Family> infer_table(const std::vector<RecordFile>& files) {
  return is_csv(files.front().path) ? infer_text_table(files) : infer_raw(files);
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
