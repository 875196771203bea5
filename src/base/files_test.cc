#include "base/files.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hrm {
namespace {

TEST(Files, RenameReplacesTheTarget) {
  const TemporaryFolder folder;
  const auto from = folder.path() / "from", to = folder.path() / "to";
  write_file_atomic(from, "new");
  write_file_atomic(to, "old");
  rename_durable(from, to);
  EXPECT_FALSE(std::filesystem::exists(from));
  EXPECT_EQ(read_file(to), "new");
  EXPECT_THROW(rename_durable(from, to), Error);
  EXPECT_EQ(read_file(to), "new");
}

}  // namespace
}  // namespace hrm
