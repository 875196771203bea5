#include "base/progress.h"

#include <gtest/gtest.h>

namespace hrm {
namespace {

TEST(FormatDuration, ChoosesTheUnit) {
  EXPECT_EQ(format_duration(0), "0.0s");
  EXPECT_EQ(format_duration(12.44), "12.4s");
  EXPECT_EQ(format_duration(59.94), "59.9s");
  EXPECT_EQ(format_duration(59.96), "1m 00s") << "never 60.0s";
  EXPECT_EQ(format_duration(200), "3m 20s");
  EXPECT_EQ(format_duration(3599.4), "59m 59s");
  EXPECT_EQ(format_duration(3599.6), "1h 00m") << "never 60m";
  EXPECT_EQ(format_duration(3720), "1h 02m");
  EXPECT_EQ(format_duration(-1), "0.0s");
}

// Standard error is a file here, so lines are plain.
template <typename Body>
std::string printed_by(Body body) {
  testing::internal::CaptureStderr();
  body();
  return testing::internal::GetCapturedStderr();
}

TEST(Progress, ShortWorkPrintsNothing) {
  EXPECT_EQ(printed_by([] {
              Progress progress("Making", 10);
              for (uint64_t i = 1; i <= 10; ++i) progress.update(i);
            }),
            "");
}

TEST(Progress, PlainLinesNameTitleShareAndNote) {
  const std::string text = printed_by([] {
    Progress progress("Making", 10, {.unit = "puzzles", .quiet_seconds = 0, .plain_interval = 0});
    progress.update(5, "loss 0.12");
    progress.print("a line of its own");
  });
  EXPECT_NE(text.find("Making 50% 5/10 puzzles"), std::string::npos) << text;
  EXPECT_NE(text.find("loss 0.12\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\na line of its own\n"), std::string::npos) << text;
  EXPECT_EQ(text.find('\r'), std::string::npos) << "control characters belong to terminals";
}

TEST(Progress, DisabledAndEmptyWork) {
  EXPECT_EQ(printed_by([] {
              Progress progress("Making", 10, {.quiet_seconds = 0, .enabled = false});
              progress.update(5);
            }),
            "");
  const std::string text = printed_by([] {
    Progress progress("Nothing", 0, {.quiet_seconds = 0});
    progress.update(3);
  });
  EXPECT_NE(text.find("100% 0/0"), std::string::npos) << text;
}

}  // namespace
}  // namespace hrm
