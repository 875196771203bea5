#include "puzzles/family.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "puzzles/arc.h"
#include "puzzles/arc_grid.h"
#include "puzzles/maze.h"
#include "puzzles/sudoku.h"
#include "puzzles/table.h"

namespace hrm::puzzles {
namespace {

int small_field(const Json& object, std::string_view field, std::string_view source) {
  const auto value = json_field<int64_t>(object, field, source);
  if (value < 0 || value > 1000)
    throw bad_input("puzzles.make_family", "{}: {} = {}; expected 0 to 1000", source, field, value);
  return static_cast<int>(value);
}

}  // namespace

std::vector<Tokens> Family::parse(std::string_view text, const TextPlace& place) const {
  std::vector<Tokens> questions;
  read(text, place, {.puzzle = [&](ParsedPuzzle found) { questions.push_back(std::move(found.question)); }});
  return questions;
}

void Family::check_symbols(std::string_view symbols) const {
  throw bad_input("puzzles.symbols", "--symbols '{}': these puzzles have no symbols to choose", symbols);
}

RuleCheck Family::check_labels(std::span<const int32_t> question, std::span<const int32_t> labels) const {
  if (std::ranges::find(labels, model::kIgnoreLabel) == labels.end()) return check_answer(question, labels);
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != model::kIgnoreLabel && (labels[i] < 0 || labels[i] >= vocab_size()))
      return {false, fmt::format("cell {}: token {} is outside the vocabulary of {}", i + 1, labels[i], vocab_size())};
  return {true, ""};
}

std::unique_ptr<Family> make_family(const Json& description, std::string_view source) {
  const auto name = json_field<std::string>(description, "family", source);
  if (name == "sudoku")
    return make_sudoku({small_field(description, "box_rows", source), small_field(description, "box_columns", source)},
                       source);
  if (name == "maze")
    return make_maze(
        {json_field<int64_t>(description, "height", source), json_field<int64_t>(description, "width", source)},
        source);
  if (name == "table")
    return make_table({.alphabet = json_field<std::string>(description, "alphabet", source),
                       .length = json_field<int64_t>(description, "length", source),
                       .padded = json_field<bool>(description, "padded", source)},
                      source);
  if (name == "arc") return make_arc(json_field<int64_t>(description, "side", source), source);
  if (name == "raw")
    return make_raw(json_field<int64_t>(description, "length", source),
                    json_field<int64_t>(description, "vocabulary", source), source);
  throw bad_input("puzzles.make_family", "{}: family '{}' is not one of: sudoku, maze, arc, table, raw", source, name);
}

std::unique_ptr<Family> guess_family(int64_t seq_len, int64_t vocab_size) {
  if (const auto shape = shape_of_cells(seq_len); shape && vocab_size == shape->vocab())
    return make_sudoku(*shape, "guessed");
  const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(seq_len))));
  if (vocab_size == kMazeVocab && side > 1 && side * side == seq_len) return make_maze({side, side}, "guessed");
  if (vocab_size == kArcVocab && seq_len == int64_t{kArcSide} * kArcSide) return make_arc(kArcSide, "guessed");
  return make_raw(seq_len, vocab_size, "guessed");
}

}  // namespace hrm::puzzles
