#include "worlds/probe.h"

#include <gtest/gtest.h>

namespace hrm::worlds {
namespace {

TEST(Probe, EveryCaseIsWhatItsNameSays) {
  const SlipSettings settings;
  size_t made = 0;
  for (const auto& problem : make_problems({}, Split::kTrain, 200, 7)) {
    const auto probe = make_probe(problem, settings, 3);
    if (!probe) continue;
    ++made;
    ASSERT_EQ(probe->size(), 5u);
    const auto last = [&](size_t i) { return (*probe)[i].solution.truth.steps.back(); };
    EXPECT_TRUE(last(0).repairs && last(0).valid && last(0).correction) << problem.question;
    EXPECT_TRUE(!last(1).on_track && !last(1).breaks && last(1).correction) << problem.question;
    EXPECT_TRUE(!last(2).on_track && last(2).valid && !last(2).breaks) << problem.question;
    EXPECT_TRUE(last(3).on_track && last(3).valid && !last(3).repairs) << problem.question;
    EXPECT_TRUE(last(4).breaks) << problem.question;
    const auto context = [&](size_t i) {
      auto steps = (*probe)[i].solution.steps;
      steps.pop_back();
      return steps;
    };
    EXPECT_EQ(context(0), context(1));
    EXPECT_EQ(context(0), context(2));
    EXPECT_EQ(context(3), context(4));
    EXPECT_EQ(context(0).size(), context(3).size());
  }
  EXPECT_GT(made, 190u);
}

TEST(Probe, SeededAndShortProblemsHaveNone) {
  const ArithmeticProblem problem{"p", "(7+12)*3-15=?", "42"};
  const auto steps = [&](uint64_t seed) {
    const auto probe = make_probe(problem, {}, seed).value();
    return std::pair(probe[0].solution.steps, probe[4].solution.steps);
  };
  EXPECT_EQ(steps(1), steps(1));
  bool different = false;
  for (uint64_t seed = 2; seed < 10; ++seed) different = different || steps(seed) != steps(1);
  EXPECT_TRUE(different);
  EXPECT_FALSE(make_probe({"q", "1+1=?", "2"}, {}, 1));
  const Json json = to_json(make_probe(problem, {}, 1)->front());
  EXPECT_EQ(json.at("case"), "repaired");
  EXPECT_EQ(json.at("probe_step").get<size_t>() + 1, json.at("steps").size());
}

}  // namespace
}  // namespace hrm::worlds
