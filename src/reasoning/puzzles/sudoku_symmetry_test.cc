#include "puzzles/sudoku_symmetry.h"

#include <gtest/gtest.h>

#include <set>

#include "base/testing/paths.h"
#include "puzzles/dataset.h"
#include "puzzles/sudoku.h"
#include "puzzles/sudoku_solver.h"

namespace hrm::puzzles {
namespace {

const std::vector<SudokuShape> kShapes = {{2, 2}, {2, 3}, {3, 3}, {4, 4}};

// A grid of the shape and the same with about `givens` cells left.
std::pair<Tokens, Tokens> random_pair(const SudokuShape& shape, int givens, Rng& rng) {
  SudokuSearch options{.max_solutions = 1, .max_guesses = 5'000, .order = &rng};
  Tokens answer;
  while (answer.empty()) answer = search_sudoku(shape, Tokens(shape.cells(), kSudokuBlank), options).first;
  Tokens question = answer;
  for (int32_t& token : question)
    if (rng.below(shape.cells()) >= static_cast<uint64_t>(givens)) token = kSudokuBlank;
  return {question, answer};
}

TEST(SudokuAugmenter, KeepsRulesAndGivens) {
  Rng rng(1);
  for (const SudokuShape& shape : kShapes) {
    const auto family = make_sudoku(shape, "test");
    const auto augmenter = family->augmenter();
    const auto [question, answer] = random_pair(shape, shape.cells() / 2, rng);
    std::set<Tokens> seen;
    for (uint64_t seed = 1; seed <= 50; ++seed) {
      Tokens q = question, a = answer;
      augmenter->apply(seed, q, a);
      EXPECT_TRUE(family->check_answer(q, a).accepted) << family->check_answer(q, a).reason;
      EXPECT_EQ(std::ranges::count(q, kSudokuBlank), std::ranges::count(question, kSudokuBlank));
      Tokens again = question, without_answer = answer;
      augmenter->apply(seed, again, {});
      EXPECT_EQ(again, q) << "the map depends on the seed alone";
      augmenter->undo(seed, again);
      EXPECT_EQ(again, question) << "undo is the inverse";
      seen.insert(q);
    }
    EXPECT_GT(seen.size(), 45u);
  }
}

TEST(SudokuAugmenter, SeedZeroIsTheIdentityAndOtherTokensStay) {
  const auto augmenter = sudoku_augmenter({2, 2});
  Tokens question = {0, 1, 2, 3, 4, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, answer(16, -100);
  const Tokens before = question;
  augmenter->apply(0, question, answer);
  EXPECT_EQ(question, before);
  augmenter->apply(7, question, answer);
  EXPECT_EQ(answer, Tokens(16, -100));
  EXPECT_EQ(std::ranges::count(question, 0), 1);
  EXPECT_EQ(std::ranges::count(question, 1), 11);
}

// Half of the maps transpose where boxes are square, none elsewhere; bands, rows, stacks and columns all move.
TEST(SudokuAugmenter, DrawsTheWholeGroup) {
  Rng rng(2);
  std::set<std::vector<int>> rows, columns;
  int transposed = 0;
  for (int i = 0; i < 2000; ++i) {
    const SudokuSymmetry map = random_symmetry({2, 2}, rng);
    transposed += map.transpose;
    rows.insert(map.rows);
    columns.insert(map.columns);
    EXPECT_FALSE(random_symmetry({2, 3}, rng).transpose);
  }
  EXPECT_NEAR(transposed, 1000, 120);
  EXPECT_EQ(rows.size(), 8u);  // 2 bands * 2 * 2 rows
  EXPECT_EQ(columns.size(), 8u);
}

TEST(SudokuCanonical, EqualForEverySymmetricCopy) {
  Rng rng(3);
  for (const SudokuShape& shape : kShapes)
    for (int round = 0; round < 20; ++round) {
      const auto [question, answer] = random_pair(shape, shape.cells() / 3, rng);
      const Tokens form = canonical_sudoku(shape, question);
      EXPECT_EQ(canonical_sudoku(shape, form), form) << "the form is a member of the class";
      for (int copy = 0; copy < 5; ++copy) {
        Tokens other = question;
        random_symmetry(shape, rng).apply(other);
        EXPECT_EQ(canonical_sudoku(shape, other), form);
      }
      Tokens moved = question;  // one given less: another class
      *std::ranges::find_if(moved, [](int32_t t) { return t > kSudokuBlank; }) = kSudokuBlank;
      EXPECT_NE(canonical_sudoku(shape, moved), form);
    }
}

// Published counts: the 288 grids of 4x4 fall into 2 classes; of the puzzles with four givens and one solution there
// are 13 (Arnold, Field, Lorch, Lucas and Taalman, "Nest graphs and minimal complete symmetry groups for magic Sudoku
// variants", and Felgenhauer and Jarvis' method for the grids).
TEST(SudokuCanonical, CountsTheClassesOfFourByFour) {
  const SudokuShape shape{2, 2};
  std::vector<Tokens> grids;
  for (uint64_t seed = 0; grids.size() < 288; ++seed) {
    Rng rng(seed);
    Tokens grid = search_sudoku(shape, Tokens(16, kSudokuBlank), {.max_solutions = 1, .order = &rng}).first;
    if (std::ranges::find(grids, grid) == grids.end()) grids.push_back(std::move(grid));
  }
  std::set<Tokens> grid_classes, puzzle_classes;
  for (const Tokens& grid : grids) grid_classes.insert(canonical_sudoku(shape, grid));
  EXPECT_EQ(grid_classes.size(), 2u);

  for (const Tokens& grid : grid_classes)
    for (uint32_t mask = 0; mask < 1u << 16; ++mask) {
      if (std::popcount(mask) != 4) continue;
      Tokens question(16, kSudokuBlank);
      for (int cell = 0; cell < 16; ++cell)
        if (mask >> cell & 1) question[cell] = grid[cell];
      if (search_sudoku(shape, question).solutions == 1) puzzle_classes.insert(canonical_sudoku(shape, question));
    }
  EXPECT_EQ(puzzle_classes.size(), 13u);
}

// The authors' builder drew these variants; each must be a symmetry of its group's first member.
TEST(SudokuCanonical, ParityRecognizesTheAuthorsVariants) {
  const auto folder = shared_folder() / "fixtures/datasets/sudoku_dataset";
  HRM_SKIP_WITHOUT(folder);
  const Dataset train = Dataset::open(folder, "train");
  std::set<Tokens> classes;
  Tokens question(81), answer(81);
  for (int64_t group = 0; group < train.groups(); ++group) {
    std::set<Tokens> questions;
    const auto [first, last] = train.puzzles_of(group);
    EXPECT_EQ(last - first, 4);
    for (int64_t puzzle = first; puzzle < last; ++puzzle) {
      train.read(train.examples_of(puzzle).first, question, answer);
      questions.insert(canonical_sudoku({3, 3}, question));
    }
    EXPECT_EQ(questions.size(), 1u) << "group " << group;
    classes.merge(questions);
  }
  EXPECT_EQ(classes.size(), 6u);
}

}  // namespace
}  // namespace hrm::puzzles
