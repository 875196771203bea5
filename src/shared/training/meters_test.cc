#include "training/meters.h"

#include <gtest/gtest.h>

namespace hrm::training {
namespace {

TEST(Meters, MeansAreWeightedAndEmptyOnesLeftOut) {
  Meters meters;
  meters.add({{"exact", 1, 2}, {"loss", 8, 4}, {"rare", 0, 0}});
  meters.add({{"exact", 3, 3}, {"loss", 4, 4}});
  const std::vector<Scalar> means = meters.means();
  ASSERT_EQ(means.size(), 2u);
  EXPECT_DOUBLE_EQ(scalar_or(means, "exact", -1), 4.0 / 5);
  EXPECT_DOUBLE_EQ(scalar_or(means, "loss", -1), 1.5);
  EXPECT_EQ(scalar_or(means, "rare", -1), -1);
  meters.clear();
  EXPECT_TRUE(meters.means().empty());
}

TEST(Meters, StateSurvivesTextBitForBit) {
  Meters meters, again;
  meters.add({{"loss", 1.0 / 3, 0.1}});
  again.set_state(Json::parse(meters.state().dump()));
  EXPECT_EQ(again.means()[0].value, meters.means()[0].value);
  EXPECT_THROW(again.set_state(Json::parse("[[1]]")), Error);
  EXPECT_THROW(again.set_state(Json::parse(R"([["loss", "x", 1]])")), Error);
}

}  // namespace
}  // namespace hrm::training
