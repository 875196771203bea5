#include "base/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace hrm {
namespace {

TEST(InterruptScope, TheFirstSignalIsARequest) {
  for (int signal : {SIGINT, SIGTERM}) {
    const InterruptScope scope;
    EXPECT_FALSE(interrupted()) << "an earlier request is forgotten";
    std::raise(signal);
    EXPECT_TRUE(interrupted());
  }
}

TEST(InterruptScope, RequestsCanBeMadeByHand) {
  const InterruptScope scope;
  request_interrupt();
  EXPECT_TRUE(interrupted());
}

TEST(InterruptScopeDeathTest, TheSecondSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        const InterruptScope scope;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
}

TEST(InterruptScopeDeathTest, SignalsActAsEverAfterTheScope) {
  EXPECT_EXIT(
      {
        { const InterruptScope scope; }
        std::raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace hrm
