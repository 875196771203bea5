#include "tree/label_json.h"

#include <gtest/gtest.h>

#include "tree/testing/trees.h"

namespace hrm::tree {
namespace {

LabeledTree labeled() { return label_tree(make_tree({{0, "7"}, {0, "8"}, {1, "7"}, {1, "8"}}, "7"), {}); }

TEST(LabelJson, ANodeSaysWhatItsLabelComesFrom) {
  const LabeledTree tree = labeled();
  const auto intervals = beta_labels(tree.counts, BetaPrior::kJeffreys);
  const Json root = node_json(tree, 0, intervals[0]);
  EXPECT_EQ(root["problem"], "p");
  EXPECT_EQ(root["parent"], -1);
  EXPECT_FALSE(root.contains("answer"));
  EXPECT_DOUBLE_EQ(root["label"].get<double>(), 1.0 / 3);
  EXPECT_EQ(root["total"], 3);
  EXPECT_EQ(root["correct"], 1);
  EXPECT_LT(root["low"].get<double>(), 1.0 / 3);
  EXPECT_GT(root["high"].get<double>(), 1.0 / 3);
  const Json leaf = node_json(tree, 3, std::nullopt);
  EXPECT_EQ(leaf["answer"], "7");
  EXPECT_EQ(leaf["verdict"], "correct");
  EXPECT_EQ(leaf["low"], nullptr);
  EXPECT_EQ(node_json(tree, 4, std::nullopt)["verdict"], "wrong");
}

TEST(LabelJson, SaysWhatIsUnfinishedOrHasNoLabel) {
  LabeledTree tree = labeled();
  tree.tree.nodes[3].unfinished = true;
  tree.labels[3].reset();
  const Json node = node_json(tree, 3, std::nullopt);
  EXPECT_EQ(node["unfinished"], true);
  EXPECT_EQ(node["label"], nullptr);
}

// The first child of the root has two children; with p = 1 the first of them moves up.
TEST(LabelJson, AViewNamesWhatMovedAndTheDraws) {
  const LabelOptions options = for_compression({});
  const LabeledTree tree = label_tree(make_tree({{0, "a"}, {0, "8"}, {1, "7"}, {1, "8"}}, "7"), options);
  const CompressionOptions compression{.p = 1, .min_children = 2, .seed = 3};
  const Json json = view_json(tree.tree, compress(tree, options, compression), compression);
  EXPECT_EQ(json["mode"], "sound");
  EXPECT_EQ(json["moved"], Json({3}));
  EXPECT_EQ(json["merged_with"], Json({1}));
  EXPECT_EQ(json["texts"], (Json{{"3", {"a7"}}}));
  EXPECT_EQ(json["draws"].size(), json["draw_child"].size());
  EXPECT_EQ(json["parent"][3], 0);
  EXPECT_EQ(json["labels"].size(), 5u);
}

TEST(LabelJson, SummaryLeavesTheRootOut) {
  const LabelSummary all = summary_of({0.5, 0.0, 1.0, 1.0, std::nullopt, 0.5});
  EXPECT_EQ(all.labels, 4u);
  EXPECT_EQ(all.none, 1u);
  EXPECT_EQ(all.at_0, 1u);
  EXPECT_EQ(all.at_1, 2u);
  EXPECT_DOUBLE_EQ(*all.mean, 0.625);
  EXPECT_FALSE(summary_of({0.5}).mean);
}

}  // namespace
}  // namespace hrm::tree
