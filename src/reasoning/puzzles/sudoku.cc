#include "puzzles/sudoku.h"

#include "base/error.h"
#include "puzzles/sudoku_guided.h"
#include "puzzles/sudoku_solver.h"
#include "puzzles/sudoku_symmetry.h"
#include "puzzles/sudoku_text.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

class SudokuFamily : public Family {
 public:
  explicit SudokuFamily(const SudokuShape& shape) : shape_(shape) {}

  std::string name() const override { return "sudoku"; }
  Json describe() const override {
    return {{"family", name()}, {"box_rows", shape_.box_rows}, {"box_columns", shape_.box_columns}};
  }
  int64_t seq_len() const override { return shape_.cells(); }
  int64_t vocab_size() const override { return shape_.vocab(); }

  void read(std::string_view text, const TextPlace& place, const TextSinks& sinks) const override {
    read_sudoku(shape_, text, place, sinks);
  }
  std::string symbols_of(std::span<const std::string_view> texts, std::string_view) const override {
    return sudoku_symbols_of(shape_, texts);
  }
  void check_symbols(std::string_view symbols) const override { check_sudoku_symbols(shape_, symbols); }

  std::string way_to_write() const override {
    return fmt::format("{} cells, row by row, '.' for a blank; line breaks and frames are allowed", seq_len());
  }
  std::string to_line(std::span<const int32_t> tokens) const override {
    std::string line;
    for (int32_t token : tokens) line += sudoku_symbol(token, shape_);
    return line;
  }

  std::string render(std::span<const int32_t> tokens, const RenderOptions& options) const override {
    return render_sudoku(shape_, tokens, options);
  }

  RuleCheck check_question(std::span<const int32_t> question) const override {
    for (size_t i = 0; i < question.size(); ++i)
      if (question[i] < kSudokuBlank || question[i] >= shape_.vocab())
        return {false, fmt::format("{}: token {} is neither a digit nor a blank", name(i), question[i])};
    return without_conflict(question);
  }

  RuleCheck check_answer(std::span<const int32_t> question, std::span<const int32_t> answer) const override {
    for (size_t i = 0; i < answer.size(); ++i) {
      if (answer[i] <= kSudokuBlank || answer[i] >= shape_.vocab())
        return {false, fmt::format("{} has no digit", name(i))};
      if (question[i] > kSudokuBlank && question[i] != answer[i])
        return {false, fmt::format("{}: the given {} became {}", name(i), symbol(question[i]), symbol(answer[i]))};
    }
    return without_conflict(answer);
  }

  // Supervised cells must be those of the unique solution.
  RuleCheck check_labels(std::span<const int32_t> question, std::span<const int32_t> labels) const override {
    Tokens answer(labels.begin(), labels.end());
    for (size_t i = 0; i < answer.size(); ++i)
      if (answer[i] == model::kIgnoreLabel && question[i] > kSudokuBlank) answer[i] = question[i];
    if (std::ranges::find(answer, model::kIgnoreLabel) == answer.end()) return check_answer(question, answer);
    const auto solved = solve(question);
    for (size_t i = 0; i < answer.size(); ++i) {
      if (answer[i] == model::kIgnoreLabel) continue;
      if (answer[i] <= kSudokuBlank || answer[i] >= shape_.vocab()) return {false, name(i) + " has no digit"};
      if (solved->rules.accepted && answer[i] != solved->answer[i])
        return {false,
                fmt::format("{} holds {}, the solution has {}", name(i), symbol(answer[i]), symbol(solved->answer[i]))};
    }
    return {true, ""};
  }

  std::string rating_name() const override { return "backtracks of our solver"; }
  int32_t digits_to_tokens(std::span<const int32_t> questions) const override {
    return std::ranges::find(questions, 0) != questions.end() ? 1 : 0;
  }
  bool wide_variants() const override { return true; }

  std::optional<ReferenceAnswer> solve(std::span<const int32_t> question) const override {
    ReferenceAnswer solution{.rules = check_question(question)};
    if (!solution.rules.accepted) return solution;
    SudokuSearchResult found = search_sudoku(shape_, question);
    solution.rules = {false, ""};
    if (found.solutions > 1) {
      const auto differ = std::ranges::mismatch(found.first, found.second);
      solution.rules.reason =
          fmt::format("more than one solution: {} may be {} or {}", name(differ.in1 - found.first.begin()),
                      symbol(*differ.in1), symbol(*differ.in2));
    } else if (!found.decided) {
      solution.rules.reason = "undecided: the search for a second solution was stopped early";
    } else if (found.solutions == 0) {
      solution.rules.reason = "no solution";
    } else {
      solution.rules.accepted = true;
      solution.answer = std::move(found.first);
      solution.rating = static_cast<int32_t>(std::min<uint64_t>(found.backtracks, INT32_MAX));
    }
    return solution;
  }

  std::unique_ptr<GuidedSearch> guided_search(std::span<const int32_t> question,
                                              const GuidedSearchOptions& options) const override {
    return search_sudoku_guided(shape_, question, options);
  }

  Tokens canonical(std::span<const int32_t> question) const override { return canonical_sudoku(shape_, question); }
  std::unique_ptr<Augmenter> augmenter() const override { return sudoku_augmenter(shape_); }

 private:
  std::string name(int64_t cell) const { return cell_name(cell, shape_.side()); }
  char symbol(int32_t token) const { return sudoku_symbol(token, shape_); }

  RuleCheck without_conflict(std::span<const int32_t> tokens) const {
    const auto [a, b] = find_conflict(shape_, tokens);
    if (a < 0) return {true, ""};
    const std::string_view house = shape_.row(a) == shape_.row(b)         ? "row"
                                   : shape_.column(a) == shape_.column(b) ? "column"
                                                                          : "box";
    return {false, fmt::format("{} and {}, in the same {}, both hold {}", name(a), name(b), house, symbol(tokens[a]))};
  }

  SudokuShape shape_;
};

}  // namespace

std::optional<SudokuShape> shape_of_side(int64_t side) {
  if (side == 4) return SudokuShape{2, 2};
  if (side == 6) return SudokuShape{2, 3};
  if (side == 9) return SudokuShape{3, 3};
  if (side == 16) return SudokuShape{4, 4};
  return std::nullopt;
}

std::optional<SudokuShape> shape_of_cells(int64_t cells) {
  for (int64_t side : {4, 6, 9, 16})
    if (side * side == cells) return shape_of_side(side);
  return std::nullopt;
}

std::unique_ptr<Family> make_sudoku(const SudokuShape& shape, std::string_view source) {
  const int rows = shape.box_rows, columns = shape.box_columns;
  if (rows < 2 || columns < 2 || rows > kMaxSudokuSide || columns > kMaxSudokuSide || rows * columns > kMaxSudokuSide)
    throw bad_input("puzzles.make_sudoku",
                    "{}: boxes of {} rows and {} columns; both must be at least 2, their product at most {}", source,
                    rows, columns, kMaxSudokuSide);
  return std::make_unique<SudokuFamily>(shape);
}

}  // namespace hrm::puzzles
