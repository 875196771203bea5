#include "tree/store_check.h"

#include <gtest/gtest.h>

#include "tree/testing/trees.h"

namespace hrm::tree {
namespace {

class StoreCheckTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "a.tree";
};

TEST_F(StoreCheckTest, ASoundStoreIsCounted) {
  store_trees(path_, {make_tree({{0, "step"}, {1, "right"}, {0, "wrong"}})});
  const StoreReader store(path_);
  const StoreCheck found = check_store(store);
  EXPECT_TRUE(found.sound);
  EXPECT_EQ(found.trees, 1u);
  EXPECT_EQ(found.nodes, 4u);
  EXPECT_EQ(found.orphan_records, 0u);
  const Json json = to_json(found, store);
  EXPECT_EQ(json["store"], path_.string());
  EXPECT_EQ(json["sound"], true);
  EXPECT_TRUE(json["torn_at"].is_null());
  EXPECT_TRUE(json["places"].empty());
}

TEST_F(StoreCheckTest, WhatHasLostItsParentIsAnOrphan) {
  const steps::Tree tree = make_tree({{0, "step"}, {1, "right"}, {1, "wrong"}});
  std::vector<RequestRecord> requests = requests_of(tree);
  ASSERT_EQ(requests.size(), 2u);
  std::erase_if(requests, [&](const RequestRecord& request) { return request.node == request.root; });
  {
    StoreWriter store(path_);
    store.append(steps::ProblemRecord{0, tree.problem});
    store.append(requests.at(0));
  }
  const StoreReader store(path_);
  const StoreCheck found = check_store(store);
  EXPECT_FALSE(found.sound);
  EXPECT_EQ(found.orphan_records, 1u);
  EXPECT_EQ(found.orphan_nodes, 2u);
  EXPECT_EQ(found.trees_with_orphans, 1u);
}

TEST_F(StoreCheckTest, RequestsWithoutTheirProblemAreOrphans) {
  const steps::Tree tree = make_tree({{0, "right"}});
  {
    StoreWriter store(path_);
    store.append(requests_of(tree).at(0));
  }
  const StoreReader store(path_);
  const StoreCheck found = check_store(store);
  EXPECT_FALSE(found.sound);
  EXPECT_EQ(found.trees, 0u);
  EXPECT_EQ(found.orphan_records, 1u);
  EXPECT_EQ(to_json(found, store)["trees_without_problem"], 1);
}

TEST_F(StoreCheckTest, ATruncatedEndIsReportedWithItsPlace) {
  store_trees(path_, {make_tree({{0, "step"}, {1, "right"}})});
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 3);
  const StoreReader store(path_);
  const StoreCheck found = check_store(store);
  EXPECT_FALSE(found.sound);
  EXPECT_EQ(to_json(found, store)["torn_at"], store.contents().report.whole_bytes);
}

}  // namespace
}  // namespace hrm::tree
