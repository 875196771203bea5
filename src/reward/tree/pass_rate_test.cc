#include "tree/pass_rate.h"

#include <gtest/gtest.h>

#include "tree/testing/trees.h"

namespace hrm::tree {
namespace {

// A problem with so many solutions, the first `right` of which are right.
LabeledTree solved(int64_t right, int64_t of) {
  steps::Tree tree = make_tree({});
  tree.nodes[0].answer.reset();
  tree.nodes[0].terminal = false;
  tree.nodes[0].unfinished = true;
  for (int64_t i = 0; i < of; ++i) tree.rollouts.push_back({.text = "text", .answer = i < right ? "right" : "wrong"});
  return label_tree(std::move(tree), {});
}

TEST(PassRate, IsTheShareOfRightSolutionsAndTheBandHoldsBothItsEnds) {
  const PassBand band{.low = 0.25, .high = 0.75};
  const auto fit = [&](int64_t right) { return pass_rate(solved(right, 8), band).fit; };
  EXPECT_EQ(fit(0), Fit::kTooHard);
  EXPECT_EQ(fit(1), Fit::kTooHard);
  EXPECT_EQ(fit(2), Fit::kInside);
  EXPECT_EQ(fit(6), Fit::kInside);
  EXPECT_EQ(fit(7), Fit::kTooEasy);
  const PassRate found = pass_rate(solved(3, 8), band);
  EXPECT_EQ(found.solutions, (EndCounts{.total = 8, .correct = 3}));
  EXPECT_EQ(found.rate, 3.0 / 8);
}

TEST(PassRate, TooFewSolutionsSayNothing) {
  EXPECT_EQ(pass_rate(solved(0, 0), {}).fit, Fit::kUnknown);
  EXPECT_EQ(pass_rate(solved(3, 3), {.least = 4}).fit, Fit::kUnknown);
  EXPECT_FALSE(pass_rate(solved(3, 3), {.least = 4}).rate);
  EXPECT_EQ(pass_rate(solved(4, 4), {.least = 4}).fit, Fit::kInside);
}

TEST(PassRate, OfATreeAreItsLeaves) {
  const steps::Tree tree = make_tree({{0, "step"}, {1, "right"}, {1, "wrong"}, {0, "wrong"}, {0, "right"}});
  EXPECT_EQ(pass_rate(label_tree(tree, {}), {}).rate, 0.5);
}

TEST(PassRate, ATallyCountsProblemsAndSolutions) {
  const PassBand band{.low = 0.25, .high = 0.75, .least = 4};
  PassTally tally;
  EXPECT_EQ(tally.share(), 0);
  for (const int64_t right : {0, 4, 5, 8}) tally.add(pass_rate(solved(right, 8), band));
  tally.add(pass_rate(solved(1, 2), band));
  EXPECT_EQ(tally.of(Fit::kInside), 2);
  EXPECT_EQ(tally.share(), 18.0 / 34);
  EXPECT_EQ(
      tally.to_json(),
      (Json{{"inside", 2}, {"too_hard", 1}, {"too_easy", 1}, {"unknown", 1}, {"solutions", 34}, {"correct", 18}}));
}

TEST(PassRate, APassedProblemIsARecordForGrowth) {
  const Json record = passed_problem({"p", "question", "right"}, pass_rate(solved(3, 8), {}));
  EXPECT_EQ(record["id"], "p");
  EXPECT_EQ(record["gold"], "right");
  EXPECT_EQ(record["pass_rate"], 3.0 / 8);
  EXPECT_EQ(record["solutions"], 8);
}

TEST(PassRate, ABandThatIsNoneIsRefused) {
  EXPECT_THROW((PassBand{.low = 0.5, .high = 0.4}.validate()), Error);
  EXPECT_THROW((PassBand{.low = -0.1}.validate()), Error);
  EXPECT_THROW((PassBand{.high = 1.5}.validate()), Error);
  EXPECT_THROW((PassBand{.least = 0}.validate()), Error);
}

}  // namespace
}  // namespace hrm::tree
