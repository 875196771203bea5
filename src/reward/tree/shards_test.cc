#include "tree/shards.h"

#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "base/testing/refused.h"

namespace hrm::tree {
namespace {

TEST(Shards, TheStoreOfOneProcessIsNotContinuedBySeveral) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "a.tree", "");
  EXPECT_EQ(shard_store(folder.path() / "a.tree", {0, 1}), folder.path() / "a.tree");
  expect_refused([&] { shard_store(folder.path() / "a.tree", {0, 2}); }, {"a.tree", "one process"});
  EXPECT_EQ(shard_store(folder.path() / "b.tree", {1, 2}), folder.path() / "b.tree.1-of-2");
  write_file_atomic(folder.path() / "b.tree.1-of-2", "");
  expect_refused([&] { shard_store(folder.path() / "b.tree", {0, 3}); }, {"b.tree.1-of-2", "hrm tree merge"});
}

TEST(Shards, SharesAreDisjointAndWhole) {
  std::vector<steps::ProblemRecord> problems(10);
  for (size_t i = 0; i < problems.size(); ++i) problems[i].problem.id = std::to_string(i);
  std::set<std::string> seen;
  for (size_t rank = 0; rank < 3; ++rank) {
    const auto share = shard_problems(problems, {rank, 3});
    EXPECT_EQ(share.size(), rank == 0 ? 4u : 3u);
    EXPECT_EQ(share[0].problem.id, std::to_string(rank));
    for (const steps::ProblemRecord& each : share) EXPECT_TRUE(seen.insert(each.problem.id).second);
  }
  EXPECT_EQ(seen.size(), problems.size());
  EXPECT_EQ(shard_problems(problems, {}).size(), 10u);
  expect_refused([&] { shard_problems(problems, {0, 11}); }, {"10 problems are too few for 11"});
}

}  // namespace
}  // namespace hrm::tree
