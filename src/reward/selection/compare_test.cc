#include "selection/compare.h"

#include <gtest/gtest.h>

namespace hrm::selection {
namespace {

SelectionReport report(std::vector<std::string> problems, std::vector<double> best, std::vector<double> majority) {
  SelectionReport made{.problems = std::move(problems)};
  made.rows = {outcome_row("best", 4, std::move(best)), outcome_row("majority", 4, std::move(majority))};
  return made;
}

TEST(Compare, CountsDiscordantProblems) {
  const auto made = report({"a", "b", "c", "d", "e"}, {1, 1, 0, 1, 1}, {1, 0, 0, 0, 0});
  const std::vector<Difference> all = compare_all(made, "majority", 4, {.draws = 2000});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].method, "best");
  EXPECT_NEAR(all[0].difference.value, 0.6, 1e-12);
  EXPECT_LT(all[0].difference.interval.low, 0.6);
  EXPECT_GT(all[0].difference.interval.low, 0 - 1e-12);
  ASSERT_TRUE(all[0].discordant.has_value());
  EXPECT_EQ(all[0].discordant->only_method, 3u);
  EXPECT_EQ(all[0].discordant->only_against, 0u);
  EXPECT_NEAR(all[0].discordant->p, 0.25, 1e-12);
  EXPECT_THROW(compare_all(made, "greedy", 4, {}), Error);
  EXPECT_THROW(compare_all(made, "majority", 8, {}), Error);
}

TEST(Compare, ReportsAreJoinedByProblem) {
  const auto first = report({"a", "b", "c"}, {1, 0, 0.5}, {0, 0, 0});
  const auto second = report({"c", "x", "a"}, {1, 1, 1}, {1, 0, 0});
  const std::vector<Difference> both = compare_reports(first, second, 4, {.draws = 100});
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].difference.n, 2u);
  EXPECT_NEAR(both[0].difference.value, 0.25, 1e-12);  // c: 1 - 0.5; a: 1 - 1
  EXPECT_FALSE(both[0].discordant.has_value());
  EXPECT_THROW(compare_reports(first, report({"z"}, {1}, {1}), 4, {}), Error);
  EXPECT_THROW(compare_reports(first, second, 2, {}), Error);
}

}  // namespace
}  // namespace hrm::selection
