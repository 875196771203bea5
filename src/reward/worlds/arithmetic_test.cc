#include "worlds/arithmetic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"

namespace hrm::worlds {
namespace {

std::string numbers_of(const std::string& question) {
  std::string sorted = question;
  std::ranges::sort(sorted);
  return sorted;
}

TEST(ArithmeticProblems, AreDifferentWithinBoundsAndAnsweredRightly) {
  ProblemSettings settings;
  settings.operations = 5;
  const auto problems = make_problems(settings, Split::kTrain, 300, 3);
  std::set<std::string> questions;
  for (const auto& problem : problems) {
    const auto question = find_question(problem.question);
    ASSERT_TRUE(question) << problem.question;
    EXPECT_EQ(problem.answer, fmt::format("{}", question->value()));
    EXPECT_EQ(question->text() + "=?", problem.question);
    const auto numbers = std::ranges::count_if(question->tokens(), [](const auto& t) { return t.kind == 'n'; });
    EXPECT_EQ(numbers, settings.operations + 1);
    for (const auto& token : question->tokens()) EXPECT_LE(token.value, settings.largest);
    questions.insert(problem.question);
  }
  EXPECT_EQ(questions.size(), problems.size());
}

TEST(ArithmeticProblems, TestIsDisjointFromTrainOfAnySeedEvenUpToRearrangement) {
  ProblemSettings settings;
  settings.operations = 2;
  settings.largest = 9;
  std::set<std::string> train;
  for (uint64_t seed : {1, 2, 3})
    for (const auto& problem : make_problems(settings, Split::kTrain, 300, seed))
      train.insert(numbers_of(problem.question));
  const auto test = make_problems(settings, Split::kTest, 100, 1);
  for (const auto& problem : test) EXPECT_FALSE(train.contains(numbers_of(problem.question))) << problem.question;
}

TEST(ArithmeticProblems, TheSeedDecidesAndALongerListBeginsWithTheShorter) {
  const auto questions = [](uint64_t count, uint64_t seed) {
    std::vector<std::string> list;
    for (const auto& problem : make_problems({}, Split::kTest, count, seed)) list.push_back(problem.question);
    return list;
  };
  auto longer = questions(40, 7);
  longer.resize(20);
  EXPECT_EQ(questions(20, 7), longer);
  EXPECT_NE(questions(20, 8), longer);
}

TEST(ArithmeticProblems, RefusesImpossibleSettings) {
  for (const char* setting :
       {"operations=0", "operations=13", "largest=1", "largest_result=0", "operators=/", "operators="}) {
    ProblemSettings settings;
    assign_field(settings, setting);
    EXPECT_THROW(make_problems(settings, Split::kTrain, 1, 0), Error) << setting;
  }
  ProblemSettings few{.operations = 1, .largest = 2};
  EXPECT_THROW(make_problems(few, Split::kTrain, 1000, 0), Error);
}

TEST(FindQuestion, TakesTheLastOneThatCanBeRead) {
  size_t end = 0;
  const std::string text = "Question: 1+2=? An example: 1+2+3 = ?\nQuestion:\n(7+12)*3-15=?\n7+12=19;19*3-15\n";
  EXPECT_EQ(find_question(text, &end)->text(), "(7+12)*3-15");
  EXPECT_EQ(text.substr(end), "\n7+12=19;19*3-15\n");
  EXPECT_EQ(find_question("7+1=? and (=?")->text(), "7+1");
  for (const char* none : {"", "=?", "7+1", "7+1 =?", "x=?"}) EXPECT_FALSE(find_question(none)) << none;
}

}  // namespace
}  // namespace hrm::worlds
