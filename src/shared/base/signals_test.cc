#include "base/signals.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "base/cancel.h"

namespace hrm {
namespace {

TEST(Signals, ARequestLastsAsLongAsItsScope) {
  {
    const InterruptScope scope;
    EXPECT_FALSE(interrupted());
    std::raise(SIGINT);
    EXPECT_TRUE(interrupted());
  }
  EXPECT_FALSE(interrupted());
  const InterruptScope scope;
  EXPECT_FALSE(interrupted());
  std::raise(SIGTERM);
  EXPECT_TRUE(interrupted());
}

TEST(SignalsDeathTest, TheSecondSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        const InterruptScope scope;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

TEST(Signals, ACancelScopeIsOfItsThread) {
  std::atomic<bool> stop{false}, other{true};
  const CancelScope scope(stop);
  EXPECT_FALSE(interrupted());
  {
    const CancelScope inner(other);
    EXPECT_TRUE(interrupted());
  }
  EXPECT_FALSE(interrupted());
  stop = true;
  EXPECT_TRUE(interrupted());
  bool elsewhere = true;
  std::thread([&] { elsewhere = interrupted(); }).join();
  EXPECT_FALSE(elsewhere);
}

}  // namespace
}  // namespace hrm
