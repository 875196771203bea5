#include "puzzles/questions.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/testing/refused.h"
#include "puzzles/sudoku.h"

namespace hrm::puzzles {
namespace {

constexpr const char* kFirst = "1.3...12..43.3.1";
constexpr const char* kSecond = "12343412.1434321";
constexpr const char* kContradiction = "11..............";

class QuestionsTest : public testing::Test {
 protected:
  std::string file(const std::string& name, std::string_view text) const {
    const std::string path = (folder_.path() / name).string();
    write_file_atomic(path, text);
    return path;
  }
  Questions read(const QuestionInput& input) const { return read_questions(*family_, input); }
  std::string fault(const QuestionInput& input) const {
    return refusal([&] { read(input); });
  }
  void expect_fault(const QuestionInput& input, std::string_view part) const {
    EXPECT_NE(fault(input).find(part), std::string::npos) << fault(input);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Family> family_ = make_sudoku({2, 2}, "test");
};

TEST_F(QuestionsTest, ArgumentsAndFilesAreNamed) {
  const Questions one = read({.texts = {kFirst}});
  ASSERT_EQ(one.good.size(), 1u);
  EXPECT_EQ(one.good[0].source, "argument 1");
  EXPECT_EQ(family_->to_line(one.good[0].tokens), kFirst);
  const std::string lines = file("two.txt", std::string(kFirst) + "\n" + kSecond + "\n");
  const Questions three = read({.texts = {kFirst}, .files = {lines}});
  ASSERT_EQ(three.good.size(), 3u);
  EXPECT_EQ(three.good[2].source, lines + ", puzzle 2");
  const Questions table = read({.files = {file("t.csv", fmt::format("question,answer\n{},\n", kSecond))}});
  ASSERT_EQ(table.good.size(), 1u);
  EXPECT_EQ(family_->to_line(table.good[0].tokens), kSecond);
}

TEST_F(QuestionsTest, TheFirstFaultEndsIt) {
  expect_fault({.texts = {kFirst, "1.3"}}, "argument 2");
  expect_fault({.texts = {kContradiction}}, "no puzzle that can be solved");
  const std::string path = file("p.txt", kFirst);
  expect_fault({.texts = {path}}, "give it as --file");
}

TEST_F(QuestionsTest, KeepingGoingListsFaultsAndReadsTheRest) {
  const std::string path =
      file("mixed.txt", fmt::format("{}\n{}\nx.3...12..43.3.1\n{}\n", kFirst, kContradiction, kSecond));
  const Questions found = read({.files = {path}, .keep_going = true});
  ASSERT_EQ(found.good.size(), 2u);
  EXPECT_EQ(found.good[1].source, path + ", line 4");
  ASSERT_EQ(found.skipped.size(), 2u);
  for (const SkippedQuestion& skipped : found.skipped) {
    EXPECT_TRUE(skipped.source == path + ", line 2" || skipped.source == path + ", line 3") << skipped.source;
    EXPECT_FALSE(skipped.reason.empty());
  }
}

TEST_F(QuestionsTest, ArraysHoldDigitsOrTokens) {
  const std::vector<int32_t> digits = {1, 0, 3, 0, 0, 0, 1, 2, 0, 0, 4, 3, 0, 3, 0, 1};
  std::vector<int32_t> tokens = digits;
  for (int32_t& token : tokens) ++token;
  for (const auto& [cells, numbers] :
       {std::pair(digits, CellNumbers::kEither), std::pair(digits, CellNumbers::kDigits),
        std::pair(tokens, CellNumbers::kEither), std::pair(tokens, CellNumbers::kTokens)}) {
    QuestionReader reader(*family_, "", false);
    reader.read_cells(cells, numbers, "array");
    const Questions found = reader.take();
    ASSERT_EQ(found.good.size(), 1u);
    EXPECT_EQ(found.good[0].tokens, tokens);
    EXPECT_EQ(found.good[0].source, "array");
  }
}

TEST_F(QuestionsTest, NumbersThatFitBothReadingsAreRefused) {
  const std::vector<int32_t> full = {1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1};
  const auto message = [&](CellNumbers numbers, std::vector<int32_t> cells) {
    return refusal([&] { QuestionReader(*family_, "", false).read_cells(cells, numbers, "array"); });
  };
  EXPECT_NE(message(CellNumbers::kEither, full).find("say which"), std::string::npos);
  EXPECT_EQ(message(CellNumbers::kDigits, full), "accepted");
  std::vector<int32_t> two(full);
  two.insert(two.end(), full.begin(), full.end());
  two[17] = 99;
  EXPECT_NE(message(CellNumbers::kDigits, two).find("array, puzzle 2"), std::string::npos);
  two[17] = INT32_MAX;
  EXPECT_NE(message(CellNumbers::kTokens, two).find("array, puzzle 2"), std::string::npos);
}

}  // namespace
}  // namespace hrm::puzzles
