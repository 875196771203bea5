#include "puzzles/guided_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/rng.h"
#include "base/signals.h"
#include "puzzles/generate.h"
#include "puzzles/maze.h"
#include "puzzles/sudoku.h"
#include "puzzles/sudoku_candidates.h"
#include "puzzles/table.h"
#include "puzzles/testing/sudoku_shapes.h"

namespace hrm::puzzles {
namespace {

constexpr SudokuShape kSearchedShapes[] = {{2, 2}, {2, 3}, {3, 3}, {4, 4}, {2, 5}};

// log-probabilities [S,V] that give `p` to the tokens of `answer`.
std::vector<float> guide_of(const Tokens& answer, int64_t vocab, double p) {
  const double rest = (1 - p) / static_cast<double>(vocab - 1);
  std::vector<float> all;
  for (const int32_t token : answer)
    for (int32_t v = 0; v < vocab; ++v) all.push_back(static_cast<float>(std::log(v == token ? p : rest)));
  return all;
}

std::vector<float> noise(size_t size, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> all(size);
  for (float& x : all) x = static_cast<float>(5 * rng.normal());
  return all;
}

// guide: of every reduced puzzle; may be empty.
SearchReport search(const Family& family, const Tokens& question, const GuidedSearchOptions& options,
                    const std::function<std::vector<float>(const Tokens&)>& guide = {}) {
  const auto search = family.guided_search(question, options);
  while (search->advance() == GuidedSearch::State::kWantsGuide) search->guide(guide(search->reduced()));
  return search->report();
}

std::vector<Record> puzzles(const SudokuShape& shape, uint64_t count, std::optional<int> givens) {
  return generate(*sudoku_generator(shape, {.givens = givens}), {.count = count, .seed = 3, .threads = 1}).train;
}

// So few givens that logic alone does not get through.
std::vector<Record> hard_puzzles(const SudokuShape& shape, uint64_t count) {
  const int givens = shape.side() == 4    ? 4
                     : shape.side() == 6  ? 9
                     : shape.side() == 9  ? 23
                     : shape.side() == 10 ? 32
                                          : 120;
  return puzzles(shape, count, givens);
}

TEST(GuidedSearch, SolvesEverySizeInEveryOrderWithAnyGuide) {
  for (const SudokuShape& shape : kSearchedShapes) {
    const auto family = make_sudoku(shape, "test");
    const auto cells = static_cast<size_t>(shape.cells() * shape.vocab());
    for (const Record& record : hard_puzzles(shape, shape.side() == 16 ? 2 : 12)) {
      for (const GuessOrder order : {GuessOrder::kFixed, GuessOrder::kRandom, GuessOrder::kGuide}) {
        const SearchReport report = search(*family, record.question, {.order = order, .guides = 5, .seed = 9},
                                           [&](const Tokens&) { return noise(cells, 4); });
        EXPECT_EQ(report.answers, Answers::kOne) << shape.side();
        EXPECT_EQ(report.answer, record.answer);
        EXPECT_LE(report.guesses_to_answer, report.guesses);
        EXPECT_LE(report.wrong_guesses, report.guesses_to_answer);
      }
    }
  }
}

TEST(GuidedSearch, ABadGuideCostsTimeOnly) {
  const auto family = make_sudoku(kNine, "test");
  for (const Record& record : hard_puzzles(kNine, 10)) {
    Tokens wrong = record.answer;
    for (int32_t& token : wrong) token = token % 9 + 2;  // every digit is another one
    const SearchReport report =
        search(*family, record.question, {.guides = 100}, [&](const Tokens&) { return guide_of(wrong, 11, 0.99); });
    EXPECT_EQ(report.answer, record.answer);
    EXPECT_EQ(report.answers, Answers::kOne);
  }
}

TEST(GuidedSearch, APerfectGuideIsNeverTakenBack) {
  const auto family = make_sudoku(kNine, "test");
  uint64_t perfect = 0, fixed = 0;
  for (const Record& record : hard_puzzles(kNine, 30)) {
    int64_t asked = 0;
    const SearchReport report = search(*family, record.question, {.guides = 3}, [&](const Tokens& reduced) {
      ++asked;
      for (size_t i = 0; i < reduced.size(); ++i) {
        EXPECT_TRUE(reduced[i] == kSudokuBlank || reduced[i] == record.answer[i]);
        EXPECT_TRUE(record.question[i] == kSudokuBlank || reduced[i] == record.question[i]);
      }
      return guide_of(record.answer, 11, 0.9);
    });
    EXPECT_EQ(report.answer, record.answer);
    EXPECT_EQ(report.wrong_guesses, 0u);
    EXPECT_EQ(report.guides, asked);
    EXPECT_LE(report.guides, 3);
    perfect += report.guesses_to_answer;
    fixed += search(*family, record.question, {.order = GuessOrder::kFixed}).guesses_to_answer;
  }
  EXPECT_LT(perfect, fixed);
  EXPECT_GT(perfect, 0u) << "the puzzles need guesses";
}

TEST(GuidedSearch, AsksAgainOnlyForAGridThatHasGainedCells) {
  const auto family = make_sudoku(kNine, "test");
  const Record record = hard_puzzles(kNine, 5).back();
  const auto search = family->guided_search(record.question, {.guides = 50});
  search->guide(guide_of(record.answer, 11, 0.9));  // of the question itself
  Tokens before = record.question;
  while (search->advance() == GuidedSearch::State::kWantsGuide) {
    const Tokens now = search->reduced();
    EXPECT_LT(std::ranges::count(now, kSudokuBlank), std::ranges::count(before, kSudokuBlank));
    before = now;
    search->guide(guide_of(record.answer, 11, 0.9));
  }
  EXPECT_EQ(search->report().answer, record.answer);
}

TEST(GuidedSearch, ProvesThatThereIsNoSolution) {
  int proved = 0;
  for (const SudokuShape& shape : kSearchedShapes) {
    const auto family = make_sudoku(shape, "test");
    for (Record& record : puzzles(shape, shape.side() == 16 ? 1 : 8, std::nullopt)) {
      Rng rng(7);
      for (int attempt = 0; attempt < 40; ++attempt) {  // a given becomes a digit that contradicts no other given
        Tokens question = record.question;
        const auto cell = static_cast<size_t>(rng.below(question.size()));
        question[cell] = 2 + static_cast<int32_t>(rng.below(static_cast<uint64_t>(shape.side())));
        if (question[cell] == record.answer[cell] || !family->check_question(question).accepted) continue;
        if (record.question[cell] != kSudokuBlank) continue;  // else it may be a valid puzzle again
        const SearchReport report = search(*family, question, {.order = GuessOrder::kFixed});
        EXPECT_EQ(report.answers, Answers::kNone);
        EXPECT_TRUE(report.answer.empty());
        EXPECT_EQ(report.reason, "no solution");
        ++proved;
      }
    }
  }
  EXPECT_GT(proved, 50);
  const auto family = make_sudoku(kNine, "test");
  Tokens clash(81, kSudokuBlank);
  clash[0] = clash[1] = 5;
  EXPECT_EQ(search(*family, clash, {}).answers, Answers::kNone);
}

TEST(GuidedSearch, TellsWhereTwoSolutionsDiffer) {
  for (const SudokuShape& shape : kSearchedShapes) {
    const auto family = make_sudoku(shape, "test");
    const SearchReport blank = search(*family, Tokens(static_cast<size_t>(shape.cells()), kSudokuBlank), {});
    EXPECT_EQ(blank.answers, Answers::kSeveral) << shape.side();
    EXPECT_TRUE(family->check_answer(Tokens(blank.answer.size(), kSudokuBlank), blank.answer).accepted);
    EXPECT_NE(blank.reason.find("may be"), std::string::npos) << blank.reason;
  }
}

TEST(GuidedSearch, AKnownAnswerIsKeptAndOnlyAnotherIsLookedFor) {
  const auto family = make_sudoku(kNine, "test");
  for (const Record& record : hard_puzzles(kNine, 6)) {
    const SearchReport one = search(*family, record.question, {.known = record.answer});
    EXPECT_EQ(one.answers, Answers::kOne);
    EXPECT_EQ(one.answer, record.answer);
    EXPECT_EQ(one.guesses_to_answer, 0u);
    Tokens open = record.question;
    std::fill_n(open.begin(), 45, kSudokuBlank);
    const SearchReport several = search(*family, open, {.known = record.answer});
    EXPECT_EQ(several.answers, Answers::kSeveral);
    EXPECT_EQ(several.answer, record.answer);
  }
}

TEST(GuidedSearch, StopsOnRequest) {
  const InterruptScope scope;
  request_interrupt();
  const auto search = make_sudoku(kNine, "test")->guided_search(Tokens(81, kSudokuBlank), {});
  EXPECT_EQ(search->advance(), GuidedSearch::State::kStopped);
  EXPECT_EQ(search->report().answers, Answers::kUndecided);
}

TEST(GuidedSearch, MazesHaveAShortestPathOrAProofThatThereIsNone) {
  const auto maze = make_maze({3, 5}, "test");
  const Tokens open = maze->parse("S   #\n ## #\n    G\n", "test").at(0);
  const SearchReport found = search(*maze, open, {});
  EXPECT_EQ(found.answers, Answers::kSome);
  EXPECT_TRUE(maze->check_answer(open, found.answer).accepted);
  EXPECT_EQ(found.guesses, 0u);
  const SearchReport none = search(*maze, maze->parse("S   #\n#####\n    G\n", "test").at(0), {});
  EXPECT_EQ(none.answers, Answers::kNone);
  EXPECT_NE(none.reason.find("walls separate"), std::string::npos) << none.reason;
  Tokens right_first = open, down_first = open;
  for (const size_t cell : {1, 2, 3, 8, 13}) right_first[cell] = kPath;
  for (const size_t cell : {5, 10, 11, 12, 13}) down_first[cell] = kPath;
  for (const Tokens& known : {right_first, down_first}) EXPECT_EQ(search(*maze, open, {.known = known}).answer, known);
}

TEST(GuidedSearch, TablesHaveNone) {
  const auto table = make_table({.alphabet = "ab", .length = 2}, "test");
  EXPECT_EQ(table->guided_search(Tokens{1, 2}, {}), nullptr);
}

TEST(CandidateGrid, LockedCandidatesRuleOutTheRestOfTheLine) {
  const SudokuHouses houses(kNine);
  CandidateGrid grid(houses);
  // Digit 1 stays in the first row of the first box only.
  for (const int cell : {9, 10, 11, 18, 19, 20}) grid.rule_out(cell, 1);
  ASSERT_EQ(grid.propagate(), -1);
  for (int cell = 3; cell < 9; ++cell) EXPECT_FALSE(grid.open(cell) & 1) << cell;
  EXPECT_TRUE(grid.open(0) & 1);
  EXPECT_EQ(grid.placed(), 0);
}

}  // namespace
}  // namespace hrm::puzzles
