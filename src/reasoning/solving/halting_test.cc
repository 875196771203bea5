#include "solving/halting.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hrm::solving {
namespace {

TEST(Halting, ComparesAsTheModelWasTrained) {
  const HaltingRule hrm{.q_halt_alone = false}, trm{.q_halt_alone = true};
  EXPECT_TRUE(asks_to_halt(hrm, {-1, -2}));
  EXPECT_FALSE(asks_to_halt(hrm, {1, 1}));
  EXPECT_FALSE(asks_to_halt(trm, {-1, -2}));
  EXPECT_TRUE(asks_to_halt(trm, {1, 5}));
  EXPECT_FALSE(asks_to_halt(trm, {0, -1}));
  EXPECT_FALSE(asks_to_halt(hrm, {NAN, 0}));
}

TEST(Halting, MarginMovesInferenceOnly) {
  const HaltingRule patient{.max_segments = 8, .q_halt_alone = true, .exploration = 0, .margin = 2};
  EXPECT_FALSE(halts_at_inference(patient, 3, {1.5f, 0}));
  EXPECT_TRUE(halts_at_inference(patient, 3, {2.5f, 0}));
  EXPECT_TRUE(halts_at_inference(patient, 8, {-9, 0}));
  Rng rng(1);
  EXPECT_TRUE(halts_in_training(patient, 3, {1.5f, 0}, rng));
}

TEST(Halting, ExplorationKeepsAShareThinking) {
  const HaltingRule rule{.max_segments = 16, .q_halt_alone = true, .exploration = 0.1};
  Rng rng(5);
  constexpr int kDraws = 200'000;
  for (int64_t segments : {1, 2, 8, 15}) {
    int went_on = 0;
    for (int i = 0; i < kDraws; ++i) went_on += !halts_in_training(rule, segments, {1, 0}, rng);
    // The minimum is uniform in 2..16, so it exceeds n with probability (16 - n) / 15.
    EXPECT_NEAR(went_on / double{kDraws}, 0.1 * static_cast<double>(16 - segments) / 15, 0.003) << segments;
  }
  EXPECT_TRUE(halts_in_training(rule, 16, {-5, 0}, rng));
  EXPECT_FALSE(halts_in_training(rule, 15, {-5, 0}, rng));
}

TEST(Halting, OneSegmentDrawsNothing) {
  const HaltingRule rule{.max_segments = 1, .exploration = 1};
  Rng rng(3);
  const Rng::State before = rng.state();
  EXPECT_TRUE(halts_in_training(rule, 1, {-5, 5}, rng));
  EXPECT_EQ(rng.state(), before);
}

}  // namespace
}  // namespace hrm::solving
