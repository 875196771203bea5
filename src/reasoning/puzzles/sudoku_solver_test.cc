#include "puzzles/sudoku_solver.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/testing/paths.h"
#include "formats/zst.h"
#include "puzzles/sudoku.h"
#include "puzzles/testing/sudoku_shapes.h"

namespace hrm::puzzles {
namespace {

Tokens one(const SudokuShape& shape, std::string_view text) {
  return make_sudoku(shape, "test")->parse(text, "test").at(0);
}

TEST(SudokuSolver, SolvesTheHardestPublishedRowsWithTheirAnswers) {
  const auto family = make_sudoku(kNine, "test");
  const auto path = shared_folder() / "data/sudoku/sudoku_extreme_4rows.csv";
  HRM_SKIP_WITHOUT(path);
  std::istringstream rows(read_maybe_zst(path));
  std::string row;
  std::getline(rows, row);
  int seen = 0;
  while (std::getline(rows, row)) {
    const size_t comma = row.find(',');
    const auto found = search_sudoku(kNine, one(kNine, row.substr(comma + 1, 81)));
    EXPECT_EQ(found.solutions, 1);
    EXPECT_EQ(family->to_line(found.first), row.substr(comma + 83, 81));
    ++seen;
  }
  EXPECT_EQ(seen, 4);
}

TEST(SudokuSolver, CountsEverySolutionOfSmallGrids) {
  const auto all = search_sudoku({2, 2}, Tokens(16, kSudokuBlank), {.max_solutions = 1000});
  EXPECT_EQ(all.solutions, 288);  // 4x4 grids
  EXPECT_TRUE(all.decided);
  // Completions of 6x6 whose first row and the two cells below are fixed: 28,200,960 / 6! = 39,168 grids of one first
  // row.
  Tokens six(36, kSudokuBlank);
  for (int i = 0; i < 6; ++i) six[i] = i + 2;
  EXPECT_EQ(search_sudoku({2, 3}, six, {.max_solutions = 100'000}).solutions, 39'168);
}

TEST(SudokuSolver, StopsAtTheBoundOfSolutionsAndGuesses) {
  EXPECT_EQ(search_sudoku(kNine, Tokens(81, kSudokuBlank)).solutions, 2);
  const auto cut = search_sudoku({4, 4}, Tokens(256, kSudokuBlank), {.max_guesses = 3});
  EXPECT_FALSE(cut.decided);
  EXPECT_EQ(cut.solutions, 0);
}

TEST(SudokuSolver, NoSolutionFromContradictingGivens) {
  EXPECT_EQ(search_sudoku({2, 2}, one({2, 2}, "11..............")).solutions, 0);
  EXPECT_EQ(find_conflict({2, 2}, one({2, 2}, "1....1..........")), std::pair(0, 5));  // same box
  EXPECT_EQ(find_conflict({2, 2}, one({2, 2}, "12..3...........")), std::pair(-1, -1));
}

TEST(SudokuSolver, RatingIsZeroWhereSinglesSuffice) {
  EXPECT_EQ(search_sudoku({2, 2}, one({2, 2}, "1234341221434321")).backtracks, 0u);
  const auto hard = one(kNine, "98.76.5..5..4..7....3....6.4..2..9...1............8...2....4..5...5...9.....274..");
  EXPECT_GT(search_sudoku(kNine, hard).backtracks, 10u);
}

TEST(SudokuSolver, RejectsEveryPuzzleWithTwoSolutions) {
  const auto path = shared_folder() / "data/sudoku/multiple_solutions.txt.zst";
  HRM_SKIP_WITHOUT(path);
  const auto family = make_sudoku(kNine, "test");
  const auto puzzles = family->parse(read_maybe_zst(path), path.string());
  EXPECT_EQ(puzzles.size(), 10'000u);
  for (size_t i = 0; i < puzzles.size(); ++i) {
    const auto found = search_sudoku(kNine, puzzles[i]);
    ASSERT_EQ(found.solutions, 2) << "puzzle " << i << ": " << family->to_line(puzzles[i]);
    ASSERT_NE(found.first, found.second);
    ASSERT_TRUE(family->check_answer(puzzles[i], found.first).accepted);
    ASSERT_TRUE(family->check_answer(puzzles[i], found.second).accepted);
  }
}

}  // namespace
}  // namespace hrm::puzzles
