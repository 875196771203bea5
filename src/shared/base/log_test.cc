#include "base/log.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace hrm
