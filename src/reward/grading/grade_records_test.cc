#include "grading/grade_records.h"

#include <gtest/gtest.h>

#include <tuple>

namespace hrm::grading {
namespace {

Json record(std::string given, std::string gold) { return {{"id", 7}, {"given", given}, {"gold", gold}}; }

TEST(GradeRecords, AddsTheVerdictAndKeepsOtherFields) {
  Json pair = record("7", "7");
  EXPECT_EQ(grade_record(pair, {}, "line 1").verdict, Verdict::kCorrect);
  EXPECT_EQ(pair, (Json{{"id", 7}, {"given", "7"}, {"gold", "7"}, {"verdict", "correct"}}));
  Json wrong = record("8", "7");
  EXPECT_EQ(grade_record(wrong, {.explain = true}, "line 1").verdict, Verdict::kWrong);
  EXPECT_TRUE(wrong["decided_by"].is_string());
  EXPECT_FALSE(wrong.contains("answer"));
}

TEST(GradeRecords, FindsAnswersInSolutions) {
  const RecordOptions options{.extract = AnswerFormat::kGsm8k, .extract_gold = AnswerFormat::kGsm8k, .explain = true};
  Json found = record("so\n#### 1,200", "thus\n#### 1200");
  EXPECT_EQ(grade_record(found, options, "").verdict, Verdict::kCorrect);
  EXPECT_EQ(found["answer"], "1200");
  Json none = record("I do not know", "#### 3");
  const RecordVerdict missing = grade_record(none, options, "");
  EXPECT_EQ(missing.verdict, Verdict::kWrong);
  EXPECT_FALSE(missing.answered);
  EXPECT_EQ(none["answer"], nullptr);
  EXPECT_EQ(none["decided_by"], "no answer found");
  Json no_gold = record("#### 3", "unknown");
  EXPECT_EQ(grade_record(no_gold, options, "").verdict, Verdict::kUndecided);
  EXPECT_EQ(no_gold["decided_by"], "no gold answer found");
}

// "The answer is 5!" may end in a factorial: wrong only if neither reading fits.
TEST(GradeRecords, TwoReadingsOfAnEndAreUndecided) {
  const RecordOptions options{.extract = AnswerFormat::kAuto, .explain = true};
  for (const auto& [given, gold, verdict] : {std::tuple("The answer is 42!", "42", Verdict::kCorrect),
                                             {"The answer is 5!", "120", Verdict::kUndecided},
                                             {"The answer is 5!", "24", Verdict::kWrong},
                                             {"#### 5!", "5", Verdict::kUndecided},
                                             {"#### 5!", "120", Verdict::kCorrect},
                                             {"5! = 120. The answer is 120!", "120", Verdict::kCorrect},
                                             {"$\\boxed{3}$ and $\\boxed{5}$", "3,5", Verdict::kCorrect},
                                             {"$\\boxed{3}$ and $\\boxed{5}$", "5", Verdict::kUndecided},
                                             {"42", "42", Verdict::kCorrect}}) {
    Json pair = record(given, gold);
    EXPECT_EQ(grade_record(pair, options, "").verdict, verdict) << given << " | " << gold;
  }
}

// The authors' extraction cuts the last character where the end marker is missing; the sound profile does not.
TEST(GradeRecords, TheProfileDecidesHowTheAuthorsAnswersAreRead) {
  RecordOptions options{.extract = AnswerFormat::kHrm};
  Json sound = record("# Answer\n\n42", "42"), faithful = sound;
  EXPECT_EQ(grade_record(sound, options, "").verdict, Verdict::kCorrect);
  EXPECT_EQ(sound["answer"], "42");
  options.grade.profile = Profile::kPrm800k;
  EXPECT_EQ(grade_record(faithful, options, "").verdict, Verdict::kWrong);
  EXPECT_EQ(faithful["answer"], "4");
}

TEST(GradeRecords, RefusesRecordsWithoutTheirFields) {
  for (Json bad : {Json{{"given", "1"}}, Json{{"given", 1}, {"gold", "1"}}, Json("text")}) {
    try {
      grade_record(bad, {}, "a.jsonl: line 3");
      FAIL() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_NE(std::string(error.what()).find("a.jsonl: line 3"), std::string::npos) << error.what();
    }
  }
}

TEST(GradeRecords, CountsWhateverTheThreads) {
  std::vector<Json> records;
  for (int i = 0; i < 50; ++i) records.push_back(record(i % 5 == 0 ? "none" : "#### 1", i % 2 ? "1" : "2"));
  const RecordOptions options{.extract = AnswerFormat::kGsm8k};
  RecordCounts one, four;
  std::vector<Json> again = records;
  grade_records(records, options, 1, one);
  grade_records(again, options, 4, four);
  EXPECT_EQ(records, again);
  EXPECT_EQ(one.to_json(), (Json{{"pairs", 50}, {"correct", 20}, {"wrong", 30}, {"undecided", 0}, {"unanswered", 10}}));
  EXPECT_EQ(four.to_json(), one.to_json());
}

}  // namespace
}  // namespace hrm::grading
