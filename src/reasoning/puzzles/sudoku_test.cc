#include "puzzles/sudoku.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kQuestion =
    "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
constexpr std::string_view kAnswer =
    "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

class SudokuFamilyTest : public testing::Test {
 protected:
  Tokens read(std::string_view line) const { return family_->parse(line, "test").at(0); }
  std::unique_ptr<Family> family_ = make_sudoku({3, 3}, "test");
};

TEST_F(SudokuFamilyTest, TokensAreDigitsPlusOne) {
  const Tokens tokens = read(kQuestion);
  EXPECT_EQ(tokens[0], 6);
  EXPECT_EQ(tokens[2], kSudokuBlank);
  EXPECT_EQ(family_->seq_len(), 81);
  EXPECT_EQ(family_->vocab_size(), 11);
}

TEST_F(SudokuFamilyTest, AcceptsTheAnswerAndNamesWhatIsWrong) {
  const Tokens question = read(kQuestion), answer = read(kAnswer);
  EXPECT_TRUE(family_->check_answer(question, answer).accepted);
  Tokens wrong = answer;
  wrong[0] = 2;
  EXPECT_EQ(family_->check_answer(question, wrong).reason, "row 1 column 1: the given 5 became 1");
  wrong = answer;
  std::swap(wrong[2], wrong[3]);  // no givens; the row stays right, columns and boxes do not
  EXPECT_FALSE(family_->check_answer(question, wrong).accepted);
  EXPECT_NE(family_->check_answer(question, wrong).reason.find("in the same"), std::string::npos);
  EXPECT_EQ(family_->check_answer(question, question).reason, "row 1 column 3 has no digit");
  EXPECT_FALSE(family_->check_answer(question, Tokens(81, 0)).accepted);
}

TEST_F(SudokuFamilyTest, ContradictingGivensAreNamed) {
  std::string line(kQuestion);
  line[8] = '5';
  EXPECT_EQ(family_->check_question(read(line)).reason,
            "row 1 column 1 and row 1 column 9, in the same row, both hold 5");
  EXPECT_FALSE(family_->solve(read(line))->rules.accepted);
}

TEST_F(SudokuFamilyTest, SolvesAndSaysWhyNot) {
  const auto solved = family_->solve(read(kQuestion));
  EXPECT_TRUE(solved->rules.accepted);
  EXPECT_EQ(family_->to_line(solved->answer), kAnswer);
  EXPECT_EQ(solved->rating, 0);
  std::string line(kQuestion);
  line[0] = line[1] = line[4] = line[9] = '.';
  EXPECT_NE(family_->solve(read(line))->rules.reason.find("more than one solution: row"), std::string::npos);
  line = kQuestion;
  line[2] = '1';  // no contradiction yet
  EXPECT_TRUE(family_->check_question(read(line)).accepted);
  EXPECT_EQ(family_->solve(read(line))->rules.reason, "no solution");
}

TEST(SudokuFamily, DescriptionMakesTheSameFamily) {
  const auto family = make_sudoku({2, 3}, "test");
  const auto again = make_family(family->describe(), "test");
  EXPECT_EQ(again->seq_len(), 36);
  EXPECT_EQ(again->vocab_size(), 8);
  EXPECT_THROW(make_family({{"family", "sudoku"}, {"box_rows", 1}, {"box_columns", 9}}, "test"), Error);
  EXPECT_THROW(make_family({{"family", "sudoku"}, {"box_rows", 5}, {"box_columns", 5}}, "test"), Error);
  EXPECT_THROW(make_family({{"family", "chess"}}, "test"), Error);
}

TEST(Families, AreMadeByTheNameThatTheyDescribe) {
  for (const Json& description :
       {Json{{"family", "sudoku"}, {"box_rows", 2}, {"box_columns", 2}},
        Json{{"family", "maze"}, {"height", 5}, {"width", 7}},
        Json{{"family", "table"}, {"alphabet", "ab"}, {"length", 3}, {"padded", true}},
        Json{{"family", "arc"}, {"side", 30}}, Json{{"family", "raw"}, {"length", 3}, {"vocabulary", 4}}}) {
    const auto family = make_family(description, "test");
    EXPECT_EQ(family->name(), description["family"].get<std::string>());
    EXPECT_EQ(family->describe(), description);
    EXPECT_FALSE(family->way_to_write().empty());
  }
  EXPECT_EQ(make_sudoku({2, 2}, "test")->way_to_write().substr(0, 8), "16 cells");
}

TEST(SudokuFamily, IsGuessedFromSizes) {
  for (auto [cells, vocab] : {std::pair(16, 6), {36, 8}, {81, 11}, {256, 18}})
    EXPECT_EQ(guess_family(cells, vocab)->describe()["family"], "sudoku") << cells;
  EXPECT_EQ(guess_family(900, 6)->describe(), (Json{{"family", "maze"}, {"height", 30}, {"width", 30}}));
  EXPECT_EQ(guess_family(900, 12)->describe(), (Json{{"family", "arc"}, {"side", 30}}));
  EXPECT_EQ(guess_family(900, 13)->describe()["family"], "raw");
}

}  // namespace
}  // namespace hrm::puzzles
