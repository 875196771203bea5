#include "base/error.h"

#include <gtest/gtest.h>

namespace hrm {
namespace {

TEST(Error, NamesPlaceAndValuesAndKnowsTheExitCode) {
  const Error bad = bad_input("npy.load", "{}: has {} bytes", "x.npy", 7);
  EXPECT_STREQ(bad.what(), "[npy.load] x.npy: has 7 bytes");
  EXPECT_EQ(bad.exit_code(), 2);
  EXPECT_EQ(bad.fault(), Fault::kBadInput);
  EXPECT_EQ(failure("files.write", "disk full").exit_code(), 1);
}

TEST(Error, TextFromOutsideIsNeverAFormat) {
  const std::string name = "{} {0} %s";
  EXPECT_STREQ(bad_input("a", "{}", name).what(), "[a] {} {0} %s");
}

}  // namespace
}  // namespace hrm
