#include "worlds/judge.h"

#include <gtest/gtest.h>

namespace hrm::worlds {
namespace {

using Views = std::vector<std::string_view>;

TEST(Judge, ARightSolution) {
  const auto truth = judge("(7+12)*3-15=?", {"7+12=19;19*3-15", "19*3=57;57-15", "57-15=42;42", "#### 42"});
  for (const auto& step : truth.steps) {
    EXPECT_TRUE(step.valid) << step.reason;
    EXPECT_TRUE(step.on_track);
    EXPECT_FALSE(step.repairs || step.breaks || step.correction);
  }
  EXPECT_TRUE(truth.steps.back().terminal);
  EXPECT_TRUE(truth.answered && truth.correct);
}

TEST(Judge, ASlipAndItsRepair) {
  const auto truth = judge("(7+12)*3-15=?", {"7+12=18;18*3-15", "18*3=54;54-15", "!7+12=19;19*3-15"});
  EXPECT_FALSE(truth.steps[0].valid);
  EXPECT_EQ(truth.steps[0].reason, "7+12 is 19, not 18");
  EXPECT_TRUE(truth.steps[0].breaks);
  EXPECT_TRUE(truth.steps[1].valid);  // true of the state it found
  EXPECT_FALSE(truth.steps[1].on_track);
  EXPECT_TRUE(truth.steps[2].valid && truth.steps[2].repairs && truth.steps[2].correction);
  EXPECT_FALSE(truth.answered || truth.correct);
}

TEST(Judge, EachKindOfFault) {
  const std::string question = "7+12*3-15=?";
  const auto first = [&](std::string_view step) { return judge(question, {step}).steps[0]; };
  EXPECT_EQ(first("7+12=19;19*3-15").reason, "19*3-15 is 42, not 28");  // precedence: the claim itself is true
  EXPECT_EQ(first("12*3=36;7+36").fault, StepFault::kRest);             // dropped
  EXPECT_EQ(first("12*3=36;7+36+15").fault, StepFault::kRest);          // sign
  EXPECT_EQ(first("12*3=37;7+37-15").fault, StepFault::kClaim);
  const auto canceled = first("12*3=37;7+36-15");
  EXPECT_FALSE(canceled.valid);
  EXPECT_TRUE(canceled.on_track);
  EXPECT_EQ(first("!12*3=36;7+36-16").fault, StepFault::kRest);
  EXPECT_EQ(first("#### 27").fault, StepFault::kAnswer);
  EXPECT_TRUE(first("#### 28").valid);
  for (const char* nonsense : {"", "  \n", "# Step 3", "twelve", "12*3=36", "12*3;36=7", "=;", "12*3=36;7+36-15;",
                               "#### x", "# Answer: 3 or 4"}) {
    const auto truth = first(nonsense);
    EXPECT_EQ(truth.fault, StepFault::kUnreadable) << nonsense;
    EXPECT_TRUE(truth.on_track && !truth.reason.empty()) << nonsense;
  }
}

TEST(Judge, TwoSlipsThatCancelLeaveInvalidStepsAndARightAnswer) {
  const auto truth = judge("3+4+5=?", {"3+4=8;8+5", "8+5=12;12", "#### 12"});
  EXPECT_FALSE(truth.steps[0].valid || truth.steps[1].valid);
  EXPECT_FALSE(truth.steps[0].on_track);
  EXPECT_TRUE(truth.steps[1].on_track && truth.steps[1].repairs && !truth.steps[1].correction);
  EXPECT_TRUE(truth.correct);
}

TEST(Judge, ACorrectionMayReturnToAWrongState) {
  const auto truth = judge("3+4+5=?", {"3+4=8;8+5", "8+5=14;14", "!8+5=13;13", "#### 13"});
  EXPECT_TRUE(truth.steps[2].valid);
  EXPECT_FALSE(truth.steps[2].on_track || truth.steps[2].repairs);
  EXPECT_TRUE(truth.steps[3].valid);
  EXPECT_FALSE(truth.correct);
}

TEST(Judge, TheAuthorsHeadingsAndJoinedStepsMeanTheSame) {
  const auto expect_right = [](const Views& steps) {
    const auto truth = judge("(7+12)*3-15=?", steps);
    for (const auto& step : truth.steps) EXPECT_TRUE(step.valid) << step.reason;
    EXPECT_TRUE(truth.correct);
  };
  // The stop string at the end of a step, as the authors keep it.
  expect_right({"# Step 1\n7+12=19;19*3-15\n\n# Step 2", "\n19*3=57;57-15\n\n# Step 3",
                "\n57-15=42;42\n\n# Answer\n\n42\n# END!"});
  expect_right(
      {"# Step 1: 7+12=19;19*3-15", "# Step 2: 19*3=57;57-15", "# Step 3: 57-15=42;42\n\n# Answer 42\n\n# END!"});
  expect_right({"# Step 1\n7+12=19;19*3-15# Step 2\n19*3=57;57-15", "57-15=42;42\n#### 42"});
}

TEST(Walk, KnowsWhereToGoOn) {
  Walk walk(*Expression::parse("(7+12)*3-15"));
  walk.take("7+12=19;19*3-15\n");
  const Walk before = walk;
  walk.take("19*3=58;58-15");
  EXPECT_EQ(walk.state().text(), "58-15");
  EXPECT_EQ(walk.last_on_track().text(), "19*3-15");
  EXPECT_EQ(before.state().text(), "19*3-15");
  EXPECT_EQ(walk.steps(), 2);
  walk.take("\n# Step 3");
  EXPECT_TRUE(walk.announced());
  walk.take("58-15=43;43");
  EXPECT_FALSE(walk.announced());
}

}  // namespace
}  // namespace hrm::worlds
