#include "worlds/judge_counts.h"

#include <gtest/gtest.h>

#include "base/testing/refused.h"

namespace hrm::worlds {
namespace {

constexpr const char* kQuestion = "(7+12)*3-15=?";

// A slip, its repair, the right rest; and one that ends wrong.
const std::vector<std::string> kRepaired = {"7+12=18;18*3-15", "!7+12=19;19*3-15", "19*3=57;57-15", "57-15=42;42",
                                            "#### 42"};
const std::vector<std::string> kWrong = {"7+12=18;18*3-15", "18*3=54;54-15", "54-15=39;39", "#### 39"};

std::vector<JudgedSolution> judged_in(const Json& record, std::vector<ArithmeticProblem>* problems = nullptr) {
  std::vector<JudgedSolution> all;
  judge_record(record, "a.jsonl: line 2", [&](const ArithmeticProblem& problem, const JudgedSolution& solution) {
    all.push_back(solution);
    if (problems) problems->push_back(problem);
  });
  return all;
}

TEST(JudgeRecord, ReadsStepsATextOrCandidates) {
  EXPECT_TRUE(judged_in({{"question", kQuestion}, {"steps", kRepaired}}).at(0).truth.correct);
  // "answer" is what the solution gave: a wrong one is not a fault of the record.
  const auto text =
      judged_in({{"question", kQuestion}, {"solution", "7+12=19;19*3-15\n\n19*3=57;57-15"}, {"answer", "3"}});
  EXPECT_EQ(text.at(0).steps.size(), 2u);
  EXPECT_FALSE(text.at(0).truth.answered);
  std::vector<ArithmeticProblem> problems;
  const auto both = judged_in(
      {{"id", "x"}, {"question", kQuestion}, {"candidates", {{{"steps", kRepaired}}, {{"steps", kWrong}}}}}, &problems);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(problems.at(1).id, "x");
  EXPECT_FALSE(both[1].truth.correct);
}

TEST(JudgeRecord, NamesPlaceAndCandidate) {
  const auto message = [](const Json& record) -> std::string { return refusal([&] { judged_in(record); }); };
  EXPECT_NE(message({{"question", kQuestion}}).find("line 2: expected 'steps'"), std::string::npos);
  EXPECT_NE(message({{"question", kQuestion}, {"candidates", {{{"steps", kRepaired}}, {{"text", "x"}}}}})
                .find("line 2, candidate 1: expected 'steps'"),
            std::string::npos);
  EXPECT_NE(message("text").find("line 2: expected an object"), std::string::npos);
}

TEST(JudgeCounts, CountsStepsRepairsAndBreaks) {
  JudgeCounts counts;
  for (const auto& steps : {kRepaired, kWrong})
    counts.add(judged_in({{"question", kQuestion}, {"steps", steps}}).at(0));
  EXPECT_EQ(counts.solutions(), 2u);
  EXPECT_EQ(counts.steps(), 9u);
  const Json json = counts.to_json();
  EXPECT_EQ(json["answered"]["count"], 2);
  EXPECT_EQ(json["correct"]["count"], 1);
  EXPECT_EQ(json["correct"]["of"], 2);
  EXPECT_EQ(json["repairs, of steps taken off track"]["count"], 1);
  EXPECT_EQ(json["repairs, of steps taken off track"]["of"], 4);  // after the slips
  EXPECT_EQ(json["breaks, of steps taken on track"]["count"], 2);
  EXPECT_EQ(json["breaks, of steps taken on track"]["of"], 5);
  EXPECT_DOUBLE_EQ(json["correct"]["share"].get<double>(), 0.5);
}

TEST(JudgeCounts, RowsSayWhichStepsEndOnTrack) {
  std::vector<ArithmeticProblem> problems;
  const auto solution = judged_in({{"question", kQuestion}, {"steps", kRepaired}}, &problems).at(0);
  EXPECT_EQ(stepwise_row(problems[0], solution),
            (Json{{"prompt", kQuestion}, {"completions", kRepaired}, {"labels", {false, true, true, true, true}}}));
  const Json json = judged_json(problems[0], solution);
  EXPECT_EQ(json["question"], kQuestion);
  EXPECT_EQ(json["solution"]["reasons"].size(), 5u);
  EXPECT_NE(json["solution"]["reasons"][0], "");
}

}  // namespace
}  // namespace hrm::worlds
