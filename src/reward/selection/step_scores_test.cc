#include "selection/step_scores.h"

#include <gtest/gtest.h>

#include "base/testing/refused.h"
#include "selection/testing/readers.h"

namespace hrm::selection {
namespace {

std::vector<StepScores> read(const std::string& text, bool skip_bad = false, BadLines* bad = nullptr) {
  std::vector<StepScores> all;
  const BadLines faulty =
      read_step_scores(reader_of(text, skip_bad),
                       [&](StepScores scores, const Json&, const std::string&) { all.push_back(std::move(scores)); });
  if (bad) *bad = faulty;
  return all;
}

void expect_scores_refused(const std::string& text, const std::string& part) {
  hrm::expect_refused([&] { read(text); }, {part});
}

TEST(StepScores, SeveralScorersPlainListsAndCandidates) {
  const auto all = read(R"({"id":"a","scores":{"x":[0.5,1],"y":[0,2]},"other":7})"
                        "\n"
                        R"({"problem_id":3,"step_scores":[0.25]})"
                        "\n"
                        R"({"id":"p","candidates":[{"scores":{"x":[1]}},{"scores":{"x":[0,0]},"steps":["s","t"]}]})");
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].by_scorer.at("y"), (std::vector<double>{0, 2}));
  EXPECT_EQ(all[1].id, "3");
  EXPECT_EQ(all[1].by_scorer.at("scores"), std::vector<double>{0.25});
  EXPECT_EQ(all[2].id, "p/0");
  EXPECT_EQ(all[3].id, "p/1");
}

TEST(StepScores, WhatIsWrittenIsRead) {
  const StepScores first{.id = "a", .by_scorer = {{"x", {0.5}}}}, second{.id = "a", .by_scorer = {{"y", {0.1}}}};
  const Json record = with_step_scores(with_step_scores({{"label", -1}}, first), second);
  EXPECT_EQ(record.at("label"), -1);
  const auto all = read(printable(record));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].by_scorer, (std::map<std::string, std::vector<double>>{{"x", {0.5}}, {"y", {0.1}}}));
}

TEST(StepScores, FaultsAreNamedOrSkipped) {
  expect_scores_refused(R"({"scores":[1]})", "line 1: field 'id'");
  expect_scores_refused(R"({"id":"a"})", "field 'scores' is missing");
  expect_scores_refused(R"({"id":"a","scores":{}})", "names no scorer");
  expect_scores_refused(R"({"id":"a","scores":{"x":[]}})", "0 scores by 'x'");
  expect_scores_refused(R"({"id":"a","scores":{"x":[1],"y":[1,2]}})", "2 scores by 'y', but 1 steps");
  expect_scores_refused(R"({"id":"a","steps":["s","t"],"scores":[1]})", "but 2 steps");
  expect_scores_refused(R"({"id":"a","scores":{"x":["1"]}})", "scorer x: field 'scores', entry 0");
  expect_scores_refused(R"({"id":"a","candidates":[3]})", "candidate 0");
  expect_scores_refused("{\"id\":\"a\",\"scores\":[1]}\n{\"id\":\"a\",\"scores\":[1]}", "line 2: id 'a'");
  expect_scores_refused("{\"id\":\"a\",\"scores\":[1]}\n{\"id\":", "line 2");
  BadLines bad;
  EXPECT_EQ(read("{\"id\":\"a\",\"scores\":[1]}\nx\n{\"id\":\"a\",\"scores\":[1]}\n", true, &bad).size(), 1u);
  EXPECT_EQ(bad.count, 2u);
}

}  // namespace
}  // namespace hrm::selection
