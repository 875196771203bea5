#include "base/shards.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing/refused.h"

namespace hrm {
namespace {

TEST(Shards, FilesOfAnotherNumberOfProcessesAreRefused) {
  const TemporaryFolder folder;
  const std::filesystem::path whole = folder.path() / "a.tree";
  const auto path = [&](size_t rank, size_t size) { return shard_path(whole, {rank, size}, "merge them"); };
  EXPECT_EQ(path(0, 1), whole);
  EXPECT_EQ(path(2, 4), folder.path() / "a.tree.2-of-4");
  EXPECT_EQ(shard_path(folder.path() / "missing" / "a.tree", {0, 2}, ""), folder.path() / "missing" / "a.tree.0-of-2");
  for (const char* other : {"a.tree.x-of-4", "a.tree.0-of-4.part", "a.tree.0-of-", "b.tree.0-of-2", "a.tree0-of-2"})
    write_file_atomic(folder.path() / other, "");
  EXPECT_EQ(path(0, 1), whole) << "none of these is a file of several processes";
  write_file_atomic(folder.path() / "a.tree.1-of-4", "");
  write_file_atomic(folder.path() / "a.tree.0-of-4", "");
  EXPECT_EQ(path(3, 4), folder.path() / "a.tree.3-of-4");
  for (const size_t size : {1, 3}) expect_refused([&] { path(0, size); }, {"a.tree.0-of-4", "one of 4", "merge them"});
}

}  // namespace
}  // namespace hrm
