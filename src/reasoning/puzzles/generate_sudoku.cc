#include <numeric>

#include "base/error.h"
#include "puzzles/generate.h"
#include "puzzles/sudoku.h"
#include "puzzles/sudoku_solver.h"

namespace hrm::puzzles {
namespace {

constexpr uint64_t kFillGuesses = 5'000;   // then another random grid: the time of one search has a heavy tail
constexpr uint64_t kThinGuesses = 20'000;  // undecided: the given stays
constexpr int kGridTries = 6;              // grids per puzzle

int default_givens(const SudokuShape& shape) {
  switch (shape.side()) {
    case 4:
      return 6;
    case 6:
      return 14;
    case 9:
      return 28;
    case 16:
      return 130;
    default:
      return shape.cells() / 2;
  }
}

class SudokuGenerator : public Generator {
 public:
  SudokuGenerator(const SudokuShape& shape, int givens)
      : shape_(shape), givens_(givens), family_(make_sudoku(shape, "generator")) {}

  const Family& family() const override { return *family_; }
  Json describe() const override { return {{"givens", givens_}}; }

  std::optional<Record> make(uint64_t seed, uint64_t index) const override {
    Rng rng(seed, {index});
    std::optional<Record> best;
    int fewest = 0;
    for (int attempt = 0; attempt < kGridTries; ++attempt) {
      Record record;
      record.answer = random_grid(rng);
      record.question = record.answer;
      const int left = thin(record.question, rng);
      if (!best || left < fewest) best = std::move(record), fewest = left;
      if (fewest <= givens_) break;
    }
    const auto solved = family_->solve(best->question);
    if (!solved->rules.accepted) return std::nullopt;  // undecided within the bound of the search
    best->rating = solved->rating;
    return best;
  }

 private:
  Tokens random_grid(Rng& rng) const {
    const Tokens empty(shape_.cells(), kSudokuBlank);
    for (;;) {
      SudokuSearchResult found =
          search_sudoku(shape_, empty, {.max_solutions = 1, .max_guesses = kFillGuesses, .order = &rng});
      if (found.solutions == 1) return std::move(found.first);
    }
  }

  // Removes givens while the solution stays unique; returns how many are left.
  int thin(Tokens& question, Rng& rng) const {
    std::vector<int> order(shape_.cells());
    std::iota(order.begin(), order.end(), 0);
    rng.shuffle(std::span(order));
    int left = shape_.cells();
    for (int cell : order) {
      if (left <= givens_) break;
      const int32_t given = std::exchange(question[cell], kSudokuBlank);
      const auto found = search_sudoku(shape_, question, {.max_guesses = kThinGuesses});
      if (found.solutions == 1 && found.decided)
        --left;
      else
        question[cell] = given;
    }
    return left;
  }

  const SudokuShape shape_;
  const int givens_;
  const std::unique_ptr<Family> family_;
};

}  // namespace

std::unique_ptr<Generator> sudoku_generator(const SudokuShape& shape, const SudokuSettings& settings) {
  const int givens = settings.givens.value_or(default_givens(shape));
  if (givens < 1 || givens >= shape.cells())
    throw bad_input("puzzles.sudoku_generator",
                    "--givens {}: expected 1 to {} (the result may have more, as a unique solution requires)", givens,
                    shape.cells() - 1);
  return std::make_unique<SudokuGenerator>(shape, givens);
}

}  // namespace hrm::puzzles
