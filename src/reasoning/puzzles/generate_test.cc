#include "puzzles/generate.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "puzzles/leakage.h"

namespace hrm::puzzles {
namespace {

std::vector<Tokens> questions(const std::vector<Record>& records) {
  std::vector<Tokens> list;
  for (const Record& record : records) list.push_back(record.question);
  return list;
}

void expect_sound(const Generator& generator, const PuzzleSet& set) {
  const Family& family = generator.family();
  for (const auto* records : {&set.train, &set.test})
    for (const Record& record : *records) {
      const auto solved = family.solve(record.question);
      ASSERT_TRUE(solved->rules.accepted) << solved->rules.reason;
      EXPECT_EQ(solved->answer, record.answer);
      EXPECT_EQ(solved->rating, record.rating);
    }
  const auto train = canonical_forms(family, questions(set.train), 1),
             test = canonical_forms(family, questions(set.test), 1);
  EXPECT_TRUE(find_leaks(train, test).empty());
  EXPECT_EQ(std::set<Tokens>(test.begin(), test.end()).size(), test.size());
  const auto plain = questions(set.train);
  EXPECT_EQ(std::set<Tokens>(plain.begin(), plain.end()).size(), plain.size());
}

TEST(GenerateSudoku, UniqueSolutionsUnseenTestAndTheGivensAskedFor) {
  for (const auto& [shape, givens] :
       {std::pair(SudokuShape{2, 2}, 6), {SudokuShape{2, 3}, 14}, {SudokuShape{3, 3}, 30}}) {
    const auto generator = sudoku_generator(shape, {.givens = givens});
    const PuzzleSet set = generate(*generator, {.count = 40, .test_count = 20, .seed = 5});
    EXPECT_EQ(set.train.size(), 40u);
    EXPECT_EQ(set.test.size(), 20u);
    expect_sound(*generator, set);
    for (const Record& record : set.train)
      EXPECT_EQ(std::ranges::count_if(record.question, [](int32_t t) { return t > kSudokuBlank; }), givens);
  }
}

TEST(Generate, TheSummaryHasTheMeansOfTheTrainingPuzzles) {
  const auto sudoku = sudoku_generator({2, 2}, {.givens = 8});
  const PuzzleSet set = generate(*sudoku, {.count = 5, .test_count = 3, .seed = 4});
  const Json json = generation_summary(*sudoku, set);
  EXPECT_EQ(json["train_puzzles"], 5);
  EXPECT_EQ(json["test_puzzles"], 3);
  EXPECT_EQ(json["asked_givens"], 8);
  EXPECT_EQ(json["mean_givens"], 8.0);
  double ratings = 0;
  int largest = 0;
  for (const Record& record : set.train) {
    ratings += record.rating;
    largest = std::max(largest, static_cast<int>(record.rating));
  }
  EXPECT_DOUBLE_EQ(json["mean_rating"].get<double>(), ratings / 5);
  EXPECT_EQ(json["largest_rating"], largest);
  const auto maze = maze_generator({7, 7}, {});
  EXPECT_FALSE(generation_summary(*maze, generate(*maze, {.count = 0, .test_count = 2})).contains("mean_givens"));
}

TEST(GenerateSudoku, SixteenBySixteen) {
  const auto generator = sudoku_generator({4, 4}, {.givens = 140});
  expect_sound(*generator, generate(*generator, {.count = 2, .seed = 1}));
}

TEST(GenerateSudoku, FewestGivensAreABestEffort) {
  const auto generator = sudoku_generator({2, 2}, {.givens = 1});
  for (const Record& record : generate(*generator, {.count = 10, .seed = 2}).train) {
    const auto givens = std::ranges::count_if(record.question, [](int32_t t) { return t > kSudokuBlank; });
    EXPECT_GE(givens, 4);
    EXPECT_LE(givens, 6);  // no minimal 4x4 puzzle has more
  }
}

TEST(Generate, TheSeedAloneDecides) {
  const auto sudoku = sudoku_generator({2, 3}, {});
  const auto maze = maze_generator({7, 9}, {});
  for (const Generator* generator : {sudoku.get(), maze.get()}) {
    const auto run = [&](uint64_t seed, size_t threads) {
      const PuzzleSet set = generate(*generator, {.count = 70, .test_count = 30, .seed = seed, .threads = threads});
      auto all = questions(set.test);
      for (Tokens& question : questions(set.train)) all.push_back(std::move(question));
      return all;
    };
    EXPECT_EQ(run(3, 1), run(3, 7));
    EXPECT_NE(run(3, 1), run(4, 1));
  }
}

TEST(GenerateMaze, TreesHaveOnePathAndOpeningsMore) {
  for (const MazeShape& shape : {MazeShape{8, 8}, MazeShape{5, 14}}) {
    const auto generator = maze_generator(shape, {.unique_path = true, .min_path = 9});
    const PuzzleSet set = generate(*generator, {.count = 30, .test_count = 10, .seed = 1});
    expect_sound(*generator, set);
    for (const Record& record : set.train) {
      EXPECT_GE(record.rating, 9);
      int64_t open = 0, joints = 0;  // a tree: one joint fewer than cells
      for (int64_t cell = 0; cell < shape.cells(); ++cell) {
        if (record.question[cell] == kWall) continue;
        ++open;
        for (int64_t next : neighbors(shape, cell)) joints += next > cell && record.question[next] != kWall;
      }
      EXPECT_EQ(joints, open - 1);
      const int64_t start = std::ranges::find(record.question, static_cast<int32_t>(kStart)) - record.question.begin();
      const auto steps = distances_from(shape, record.question, start).steps;
      EXPECT_EQ(std::ranges::count_if(steps, [](int32_t s) { return s >= 0; }), open) << "all cells are connected";
    }
  }
  const auto open_plan = maze_generator({8, 8}, {.openings = 1, .min_path = 1});
  for (const Record& record : generate(*open_plan, {.count = 3}).train)
    EXPECT_EQ(std::ranges::count(record.question, static_cast<int32_t>(kWall)), 0);
}

TEST(Generate, SaysWhatCannotBeReached) {
  const auto maze = maze_generator({4, 4}, {.unique_path = true, .min_path = 15});
  EXPECT_THROW(generate(*maze, {.count = 5}), Error);
  const auto tiny = maze_generator({1, 3}, {.min_path = 1});
  EXPECT_THROW(generate(*tiny, {.count = 1000}), Error);
  EXPECT_THROW(generate(*tiny, {.count = 0}), Error);
  EXPECT_THROW(sudoku_generator({3, 3}, {.givens = 81}), Error);
  EXPECT_THROW(sudoku_generator({3, 3}, {.givens = 0}), Error);
  EXPECT_THROW(maze_generator({3, 3}, {.min_path = 9}), Error);
  EXPECT_THROW(maze_generator({3, 3}, {.openings = 1.5}), Error);
}

}  // namespace
}  // namespace hrm::puzzles
