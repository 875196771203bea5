#include "base/log.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/messages.h"

namespace hrm {
namespace {

std::string printed_at(Verbosity verbosity) {
  set_verbosity(verbosity);
  testing::internal::CaptureStderr();
  log_info("step {}", 1);
  log_detail("detail {}", 2);
  log_warning("beware of {}", "{}");
  set_verbosity(Verbosity::kNormal);
  return testing::internal::GetCapturedStderr();
}

TEST(Log, VerbosityChoosesWhatIsPrinted) {
  EXPECT_EQ(printed_at(Verbosity::kQuiet), "warning: beware of {}\n");
  EXPECT_EQ(printed_at(Verbosity::kNormal), "step 1\nwarning: beware of {}\n");
  EXPECT_EQ(printed_at(Verbosity::kVerbose), "step 1\ndetail 2\nwarning: beware of {}\n");
}

TEST(Log, AScopeTakesTheMessagesOfItsThread) {
  std::vector<std::string> outer, inner;
  testing::internal::CaptureStderr();
  {
    const MessageScope first([&](std::string_view line) { outer.emplace_back(line); });
    log_warning("one");
    {
      const MessageScope second([&](std::string_view line) { inner.emplace_back(line); });
      log_info("two");
    }
    log_info("three");
    std::thread([] { log_info("of another thread"); }).join();
  }
  log_info("four");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "of another thread\nfour\n");
  EXPECT_EQ(outer, (std::vector<std::string>{"warning: one", "three"}));
  EXPECT_EQ(inner, std::vector<std::string>{"two"});
}

}  // namespace
}  // namespace hrm
