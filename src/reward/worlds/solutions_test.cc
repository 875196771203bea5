#include "worlds/solutions.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "worlds/arithmetic_policy.h"

namespace hrm::worlds {
namespace {

const ArithmeticProblem kProblem{"p", "(7+12)*3-15=?", "42"};

TEST(Solutions, ProblemsReadBackAndWrongOnesAreRefused) {
  const auto problem = problem_from_json(to_json(kProblem), "here");
  EXPECT_EQ(problem.id, kProblem.id);
  EXPECT_EQ(problem.question, kProblem.question);
  EXPECT_EQ(problem.answer, kProblem.answer);
  EXPECT_EQ(problem_from_json({{"question", "2*3=?"}}, "here").answer, "6");
  for (const Json& wrong : {Json{{"id", "p"}}, Json{{"question", "What is 2?"}}, Json{{"question", 7}}, Json::array(),
                            Json{{"question", "2*3=?"}, {"answer", "7"}}, Json{{"question", "2*3=?"}, {"answer", 6}}})
    EXPECT_THROW(problem_from_json(wrong, "here"), Error) << wrong;
}

TEST(Solutions, LinesAreSteps) {
  EXPECT_EQ(lines_of("a\n\n \r\nb"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(lines_of("").empty());
}

TEST(Solutions, JudgedWithValues) {
  const SlipSettings settings;
  TrueValues values(*find_question(kProblem.question), settings);
  const auto solution = judged(kProblem, {"7+12=18;18*3-15", "!7+12=19;19*3-15", "#### 42"}, &values);
  EXPECT_EQ(solution.answer, "42");
  EXPECT_TRUE(solution.truth.correct);
  ASSERT_EQ(solution.values.size(), 3u);
  EXPECT_LT(solution.values[0], solution.values[1]);
  EXPECT_EQ(solution.values[2], 1);
  EXPECT_TRUE(to_json(judged(kProblem, {"twelve"}))["answer"].is_null());
  TrueValues few(*find_question(kProblem.question), settings, 2);
  EXPECT_THROW(judged(kProblem, {"7+12=19;19*3-15"}, &few), Error);
}

TEST(Solutions, SampledOnesJudgeAsTheyEndAndRolloutsEstimateValues) {
  const SlipSettings settings{.slip = 0.3, .repair = 0.3, .wander = 0.3};
  ArithmeticPolicy policy(settings);
  TrueValues values(*find_question(kProblem.question), settings);
  const auto solutions = sample_solutions(policy, kProblem, {.n = 20, .seed = 4}, &values);
  ASSERT_EQ(solutions.size(), 20u);
  for (const JudgedSolution& solution : solutions) {
    EXPECT_EQ(solution.truth.correct, solution.answer == kProblem.answer);
    EXPECT_EQ(solution.values.back(), solution.truth.correct ? 1 : 0);
    const auto labels = rollout_labels(policy, kProblem, solution, {.n = 2000, .seed = 9});
    ASSERT_EQ(labels.size(), solution.values.size());
    for (size_t i = 0; i < labels.size(); ++i) EXPECT_NEAR(labels[i], solution.values[i], 0.06);  // 5 standard errors
  }
}

// Answers every request with the same text, and remembers the request.
struct FixedPolicy : policy::Policy {
  std::string text;
  policy::Request asked;
  policy::Reply complete(const policy::Request& request) override {
    asked = request;
    const policy::Choice choice{.text = text, .tokens = 5};
    return policy::Response{.choices = std::vector(static_cast<size_t>(request.n), choice)};
  }
  std::string name() const override { return "fixed"; }
};

TEST(Solutions, EndBehindTheirAnswerAndAreAskedForAsTold) {
  FixedPolicy policy;
  policy.text = "7+12=19;19*3-15\n#### 42\n\n3+4=?\n#### 7";
  const auto solutions = sample_solutions(policy, kProblem, {.n = 2, .max_tokens = 99, .temperature = 0, .seed = 8});
  ASSERT_EQ(solutions.size(), 2u);
  EXPECT_EQ(solutions[0].steps, (std::vector<std::string>{"7+12=19;19*3-15", "#### 42"}));
  EXPECT_EQ(solutions[0].answer, "42");
  EXPECT_EQ(solutions[0].tokens, 5);
  EXPECT_EQ(policy.asked.prompt, "(7+12)*3-15=?\n");
  EXPECT_EQ(policy.asked.max_tokens, 99);
  EXPECT_EQ(policy.asked.temperature, 0);
  EXPECT_EQ(policy.asked.seed, 8u);
  policy.text = "\n";
  EXPECT_EQ(sample_solutions(policy, kProblem, {.n = 1})[0].steps, std::vector<std::string>{""});
}

}  // namespace
}  // namespace hrm::worlds
