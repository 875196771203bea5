#include "selection/aggregate.h"

#include <gtest/gtest.h>

namespace hrm::selection {
namespace {

TEST(Aggregate, EachWay) {
  const std::vector<double> scores{0.5, 0.25, 0.8};
  EXPECT_EQ(aggregate(scores, Aggregation::kLast), 0.8);
  EXPECT_EQ(aggregate(scores, Aggregation::kMin), 0.25);
  EXPECT_EQ(aggregate(scores, Aggregation::kProduct), 0.5 * 0.25 * 0.8);
  EXPECT_EQ(aggregate(scores, Aggregation::kMean), (0.5 + 0.25 + 0.8) / 3);
  for (const auto& [how, name] : enum_names(Aggregation{})) EXPECT_EQ(aggregate(std::vector{0.3}, how), 0.3) << name;
}

TEST(Aggregate, ChoiceOfAStepBreaksTiesByText) {
  const std::vector<std::string> texts{"a", "\xC3\xA9", "z", "\xC3\xA9"};
  EXPECT_EQ(choose_step(std::vector{1.0, 1.0, 1.0, 1.0}, texts), 1u);  // é is beyond z; the first of equals
  EXPECT_EQ(choose_step(std::vector{1.0, 0.5, 1.0, 0.5}, texts), 2u);
  EXPECT_EQ(choose_step(std::vector{-2.0, -3.0, -4.0, -3.0}, texts), 0u);
}

}  // namespace
}  // namespace hrm::selection
