#include "selection/solutions.h"

#include <gtest/gtest.h>

#include "base/testing/refused.h"
#include "selection/testing/readers.h"

namespace hrm::selection {
namespace {

SampledSolutions read(const std::string& text, const ReadSolutions& options = {}) {
  return read_solutions(reader_of(text, options.skip_bad), std::nullopt, options);
}

void expect_solutions_refused(const std::string& text, const std::string& part, const ReadSolutions& options = {}) {
  hrm::expect_refused([&] { read(text, options); }, {part});
}

constexpr const char* kGood = R"({"id":7,"gold":"0.5","greedy":{"answer":"1/2"},"candidates":[)"
                              R"({"answer":"\\frac{1}{2}","scores":[0.5,1],"tokens":12,"seconds":0.25},)"
                              R"({"answer":"2","correct":true,"scores":[0],"steps":["x"]},)"
                              R"({"answer":null,"scores":[1]}]})";

TEST(SampledSolutions, ReadsEveryField) {
  const SampledSolutions solutions = read(kGood);
  ASSERT_EQ(solutions.problems.size(), 1u);
  const SampledProblem& problem = solutions.problems[0];
  EXPECT_EQ(problem.id, "7");
  EXPECT_EQ(problem.candidates[0].scores, (std::vector<std::vector<double>>{{0.5, 1}}));
  EXPECT_EQ(problem.candidates[0].generated_tokens, 12);
  EXPECT_EQ(problem.candidates[0].seconds, 0.25);
  EXPECT_FALSE(problem.candidates[0].scored_tokens.has_value());
  EXPECT_TRUE(problem.candidates[1].correct);  // the file's word counts
  EXPECT_FALSE(problem.candidates[2].correct);
  EXPECT_FALSE(problem.candidates[2].answer.has_value());
  EXPECT_TRUE(problem.greedy.has_value());
  EXPECT_EQ(solutions.marked, 1u);
  EXPECT_EQ(solutions.graded, 3u);
  EXPECT_EQ(solutions.scorers, std::vector<std::string>{"scores"});
}

TEST(SampledSolutions, SeveralScorersOfWhichSomeAreTaken) {
  const std::string text = R"({"id":"p","candidates":[{"correct":1,"scores":{"a":[0.1],"b":[0.2],"c":[0.3]}}]})";
  EXPECT_EQ(read(text).scorers, (std::vector<std::string>{"a", "b", "c"}));
  const SampledSolutions some = read(text, {.scorers = {"c", "a"}});
  EXPECT_EQ(some.problems[0].candidates[0].scores, (std::vector<std::vector<double>>{{0.3}, {0.1}}));
  expect_solutions_refused(text, "no scores by 'd'; there are: a, b, c", {.scorers = {"d"}});
}

TEST(SampledSolutions, ScoresOfASecondFile) {
  const std::string samples = R"({"problem_id":"p","candidates":[{"correct":true},{"correct":false}]})"
                              "\n"
                              R"({"problem_id":"q","candidates":[{"correct":true}]})";
  const std::string scores = R"({"problem_id":"q","step_scores":{"m":[[0.5]]}})"
                             "\n"
                             R"({"problem_id":"p","step_scores":{"m":[[0.1],[0.2,0.3]]}})";
  const SampledSolutions both = read_solutions(reader_of(samples), reader_of(scores), {});
  EXPECT_EQ(both.problems[0].candidates[1].scores, (std::vector<std::vector<double>>{{0.2, 0.3}}));
  const std::string few = R"({"problem_id":"p","step_scores":{"m":[[0.1]]}})";
  EXPECT_THROW(read_solutions(reader_of(samples), reader_of(few), {}), Error);
  const SampledSolutions rest =
      read_solutions(reader_of(samples, true), reader_of(scores.substr(0, scores.find('\n')) + "\nx", true), {});
  EXPECT_EQ(rest.problems.size(), 1u);
}

TEST(SampledSolutions, ResultsOfSearchAndLearn) {
  const SampledSolutions read_ones = read(
      R"({"problem":"3+4?","answer":"7","unique_id":"a/1","completions":["So $\\boxed{7}$.","So $\\boxed{8}$.","?"],)"
      R"("scores":[[0.9,0.8],[0.2],[0.1]],"agg_scores":[0.8,0.2,0.1],"completion_tokens":[5,6,7]})");
  ASSERT_EQ(read_ones.problems.size(), 1u);
  const SampledProblem& problem = read_ones.problems[0];
  EXPECT_EQ(problem.id, "a/1");
  ASSERT_EQ(problem.candidates.size(), 3u);
  EXPECT_TRUE(problem.candidates[0].correct);
  EXPECT_EQ(problem.candidates[0].scores, (std::vector<std::vector<double>>{{0.9, 0.8}}));
  EXPECT_EQ(problem.candidates[1].answer, "8");
  EXPECT_FALSE(problem.candidates[1].correct);
  EXPECT_EQ(problem.candidates[2].answer, std::nullopt);
  EXPECT_EQ(problem.candidates[2].generated_tokens, 7);
  expect_solutions_refused(R"({"problem":"p","answer":"7","completions":["7","8"],"scores":[[1]]})",
                           "'scores' is not a list of 2, one per completion");
  EXPECT_EQ(read(R"({"problem":"p","answer":"7","completions":["7"],"scores":[0.5]})").problems[0].id, "p");
}

TEST(SampledSolutions, AScoredSamplePerLine) {
  const std::string a =
      R"({"problem":"p","answer":"7","steps":["x","y"],"prm_score":0.9,"orm_score":0.5,"is_correct":true})";
  const std::string b = R"({"problem":"q","given_answer":"1","prm_score":0.1,"orm_score":0.2,"is_correct":false})";
  const std::string c = R"({"problem":"p","answer":"8","prm_score":0.3,"orm_score":0.4,"is_correct":false})";
  const SampledSolutions all = read(a + "\n" + b + "\n" + c);
  ASSERT_EQ(all.problems.size(), 2u);
  EXPECT_EQ(all.scorers, (std::vector<std::string>{"orm_score", "prm_score"}));
  ASSERT_EQ(all.problems[0].candidates.size(), 2u);
  EXPECT_TRUE(all.problems[0].candidates[0].correct);
  EXPECT_EQ(all.problems[0].candidates[1].answer, "8");
  EXPECT_EQ(all.problems[0].candidates[1].scores, (std::vector<std::vector<double>>{{0.4}, {0.3}}));
  EXPECT_EQ(all.problems[1].candidates[0].answer, "1");
  expect_solutions_refused(a + "\n" + kGood, "line 2: not a sample");
  expect_solutions_refused(std::string(kGood) + "\n" + a, "line 2: field 'candidates'");
  expect_solutions_refused(R"({"problem":"p","answer":"7","score":1})", "has no 'correct'");
  expect_solutions_refused(R"({"problem":"p","answer":"7","response":"so 8","score":1,"is_correct":false})",
                           "'given_answer' or 'gold'");
}

TEST(SampledSolutions, SamplesBelongTogetherByProblem) {
  const auto groups = [](const std::string& text) {
    std::vector<size_t> sizes;
    for (const SampledProblem& problem : read(text).problems) sizes.push_back(problem.candidates.size());
    return sizes;
  };
  const std::vector<size_t> two_and_one = {2, 1};
  for (const char* key : {"problem_id", "unique_id", "question", "id"}) {
    std::string text;
    for (const char* value : {"1", "2", "1"})
      text +=
          fmt::format("{{\"{}\": \"{}\", \"answer\": \"4\", \"gold\": \"{}\", \"score\": 0.5}}\n", key, value, value);
    EXPECT_EQ(groups(text), two_and_one) << key;
  }
  // A prompt of messages; the answer stands in the text.
  const std::string chat =
      R"({"prompt":[{"role":"user","content":"2+2?"}],"response":"It is \\boxed{4}.","gold":"4","score":1})";
  const SampledSolutions both = read(chat + "\n" + chat);
  ASSERT_EQ(both.problems.size(), 1u);
  EXPECT_EQ(both.problems[0].candidates[1].answer, "4");
  EXPECT_TRUE(both.problems[0].candidates[1].correct);
  const SampledSolutions listed =
      read(R"({"question":"p","gold":"4","responses":["\\boxed{4}","\\boxed{5}"],"rewards":[0.5,0.1]})");
  EXPECT_EQ(listed.problems.at(0).candidates.at(1).scores, (std::vector<std::vector<double>>{{0.1}}));
  expect_solutions_refused(R"({"idx":0,"question":"p","pred":"4"})", "fields found: idx, question, pred");
  const std::string a = R"({"answer":"4","gold":"4","score":0.5,)";
  expect_solutions_refused(a + R"("source":"x"})", "does not say of which problem: add 'problem'");
  expect_solutions_refused(a + R"("id":1})" + "\n" + a + R"("id":2})", "every 'id' occurs once");
  expect_solutions_refused(a + R"("problem":"p"})" + "\n" + R"({"problem":"p","answer":"4","gold":"5","score":1})",
                           "line 2: the gold answer is \"5\", but \"4\" for an earlier sample of 'p'");
}

TEST(SampledSolutions, FaultsAreNamed) {
  expect_solutions_refused("", "contains no valid problem");
  expect_solutions_refused("[1]", "expected an object");
  expect_solutions_refused(R"({"candidates":[]})", "line 1: field 'id' is missing");
  expect_solutions_refused(R"({"id":"p"})", "'candidates'");
  expect_solutions_refused(R"({"id":"p","candidates":[7]})", "candidate 0: expected an object");
  expect_solutions_refused(R"({"id":"p","candidates":[{"correct":true}]})", "no candidate has scores");
  expect_solutions_refused(R"({"id":"p","candidates":[{"correct":true,"scores":[]}]})", "no step has a score");
  expect_solutions_refused(R"({"id":"p","candidates":[{"correct":true,"scores":[1],"steps":["a","b"]}]})",
                           "2 steps, but 1 scores");
  expect_solutions_refused(R"({"id":"p","candidates":[{"correct":true,"scores":[1,"x"]}]})", "entry 1: \"x\" is not");
  expect_solutions_refused(R"({"id":"p","candidates":[{"correct":2,"scores":[1]}]})", "field 'correct' = 2");
  expect_solutions_refused(R"({"id":"p","candidates":[{"answer":"1","scores":[1]}]})", "has no 'correct'");
  expect_solutions_refused(R"({"id":"p","candidates":[{"correct":true,"scores":[1],"tokens":-1}]})", "'tokens' = -1");
  const std::string good = R"({"id":"p","candidates":[{"correct":true,"scores":[1]}]})";
  expect_solutions_refused(good + "\n" + good, "line 2: problem 'p'");
  expect_solutions_refused(good + "\n{\"id\":", "line 2");  // a cut last line is a fault of data
}

TEST(SampledSolutions, BadRecordsAreLeftOutAndListed) {
  const SampledSolutions solutions = read(std::string("{\"id\":1}\n") + kGood + "\nnothing\n", {.skip_bad = true});
  EXPECT_EQ(solutions.problems.size(), 1u);
  EXPECT_EQ(solutions.bad.count, 2u);
  EXPECT_EQ(solutions.graded, 3u);
  expect_solutions_refused("{\"id\":1}\n", "contains no valid problem", {.skip_bad = true});
}

}  // namespace
}  // namespace hrm::selection
