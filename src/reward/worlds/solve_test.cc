#include "worlds/solve.h"

#include <gtest/gtest.h>

#include "worlds/arithmetic_policy.h"

namespace hrm::worlds {
namespace {

const std::vector<ArithmeticProblem> kProblems = {{"p", "(7+12)*3-15=?", "42"}, {"q", "2*3=?", "6"}};
constexpr SlipSettings kSlips{.slip = 0.3, .repair = 0.3, .wander = 0.3};

std::vector<Json> solved(const SolveOptions& options, std::vector<uint64_t>* counts = nullptr) {
  ArithmeticPolicy policy(kSlips);
  std::vector<Json> records;
  solve_problems(policy, kProblems, options,
                 {.write = [&](const Json& record) { records.push_back(record); },
                  .progress =
                      [&](uint64_t count) {
                        if (counts) counts->push_back(count);
                      }});
  return records;
}

TEST(Solve, RecordsAreInTheOrderOfTheProblemsAndTheSameOnAnyThreads) {
  SolveOptions options{.request = {.n = 3, .max_tokens = 256}, .seed = 5, .rollouts = {2, 4}, .slips = kSlips};
  options.threads = 1;
  std::vector<uint64_t> counts;
  const std::vector<Json> records = solved(options, &counts);
  EXPECT_EQ(counts, (std::vector<uint64_t>{1, 2}));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0]["id"], "p");
  EXPECT_EQ(records[1]["gold"], "6");
  for (const Json& record : records) {
    ASSERT_EQ(record["candidates"].size(), 3u);
    EXPECT_FALSE(record.contains("greedy"));
    for (const Json& candidate : record["candidates"])
      for (const char* name : {"value", "rollouts-2", "rollouts-4"})
        EXPECT_EQ(candidate["scores"][name].size(), candidate["steps"].size()) << name;
  }
  options.threads = 2;
  EXPECT_EQ(solved(options), records);
  options.seed = 6;
  EXPECT_NE(solved(options), records);
}

TEST(Solve, OnlyTheScriptedPolicyGetsTrueValues) {
  const std::vector<Json> records = solved({.request = {.n = 1, .max_tokens = 256}});
  EXPECT_FALSE(records[0]["candidates"][0].contains("scores"));
}

TEST(Solve, TheGreedySolutionStandsBesideTheOthers) {
  const std::vector<Json> records = solved({.request = {.n = 2, .max_tokens = 256, .temperature = 1}, .greedy = true});
  EXPECT_EQ(records[0]["candidates"].size(), 2u);
  EXPECT_TRUE(records[0]["greedy"].contains("steps"));
}

}  // namespace
}  // namespace hrm::worlds
