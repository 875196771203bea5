#include "tree/shards.h"

#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "base/testing/refused.h"

namespace hrm::tree {
namespace {

TEST(Shards, StoresOfAnotherNumberOfProcessesAreRefused) {
  const TemporaryFolder folder;
  const std::filesystem::path store = folder.path() / "a.tree";
  EXPECT_EQ(shard_store(store, 0, 1), store);
  EXPECT_EQ(shard_store(store, 2, 4), folder.path() / "a.tree.2-of-4");
  EXPECT_EQ(shard_store(folder.path() / "missing" / "a.tree", 0, 2), folder.path() / "missing" / "a.tree.0-of-2");
  for (const char* other : {"a.tree.x-of-4", "a.tree.0-of-4.part", "a.tree.0-of-", "b.tree.0-of-2", "a.tree0-of-2"})
    write_file_atomic(folder.path() / other, "");
  EXPECT_EQ(shard_store(store, 0, 1), store) << "none of these is a store of several processes";
  write_file_atomic(folder.path() / "a.tree.1-of-4", "");
  write_file_atomic(folder.path() / "a.tree.0-of-4", "");
  EXPECT_EQ(shard_store(store, 3, 4), folder.path() / "a.tree.3-of-4");
  for (const size_t size : {1, 3}) expect_refused([&] { shard_store(store, 0, size); }, {"a.tree.0-of-4", "one of 4"});
}

TEST(Shards, TheStoreOfOneProcessIsNotContinuedBySeveral) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "a.tree", "");
  EXPECT_EQ(shard_store(folder.path() / "a.tree", 0, 1), folder.path() / "a.tree");
  expect_refused([&] { shard_store(folder.path() / "a.tree", 0, 2); }, {"a.tree", "one process"});
}

TEST(Shards, SharesAreDisjointAndWhole) {
  std::vector<steps::ProblemRecord> problems(10);
  for (size_t i = 0; i < problems.size(); ++i) problems[i].problem.id = std::to_string(i);
  std::set<std::string> seen;
  for (size_t rank = 0; rank < 3; ++rank) {
    const auto share = shard_problems(problems, rank, 3);
    EXPECT_EQ(share.size(), rank == 0 ? 4u : 3u);
    EXPECT_EQ(share[0].problem.id, std::to_string(rank));
    for (const steps::ProblemRecord& each : share) EXPECT_TRUE(seen.insert(each.problem.id).second);
  }
  EXPECT_EQ(seen.size(), problems.size());
  EXPECT_EQ(shard_problems(problems, 0, 1).size(), 10u);
  expect_refused([&] { shard_problems(problems, 0, 11); }, {"10 problems are too few for 11"});
}

}  // namespace
}  // namespace hrm::tree
