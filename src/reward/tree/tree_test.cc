#include "steps/tree.h"

#include <gtest/gtest.h>

#include "base/testing/refused.h"
#include "tree/testing/trees.h"
#include "tree/tree_json.h"

namespace hrm::tree {
namespace {

TEST(NodeId, DependsOnParentOrdinalAndText) {
  const steps::NodeId root = steps::root_id({"p", "q", "g"});
  EXPECT_EQ(child_id(root, 0, "a"), child_id(root, 0, "a"));
  EXPECT_NE(child_id(root, 0, "a"), child_id(root, 1, "a"));
  EXPECT_NE(child_id(root, 0, "a"), child_id(root, 0, "b"));
  EXPECT_NE(child_id(child_id(root, 0, "a"), 0, "a"), child_id(root, 0, "a"));
  EXPECT_NE(root, steps::root_id({"pq", "", "g"}));
  EXPECT_EQ(steps::parse_node_id(to_text(root)), root);
  EXPECT_FALSE(steps::parse_node_id("12"));
  EXPECT_FALSE(steps::parse_node_id("0123456789abcdef0123456789abcdeg"));
}

TEST(Tree, SortsBreadthFirstAndKnowsPaths) {
  const steps::Tree tree = make_tree({{0, "a"}, {1, "b"}, {0, "c"}, {2, "d"}});
  std::string texts;
  for (const steps::Node& node : tree.nodes) texts += node.text + std::to_string(node.depth);
  EXPECT_EQ(texts, "0a1c1b2d3");
  EXPECT_EQ(path_texts(tree, 4), (std::vector<std::string_view>{"a", "b", "d"}));
  EXPECT_TRUE(path_texts(tree, 0).empty());
}

TEST(TreeJson, EveryFieldComesBack) {
  steps::Tree tree = make_tree({{0, "a"}, {0, "right"}, {1, "wrong"}});
  tree.nodes[1].multiplicity = 3;
  tree.nodes[1].tokens = 12;
  tree.nodes[2].unfinished = true;
  tree.nodes[3].sentinel = true;
  tree.rollouts = {{.node = 1, .seed = ~uint64_t{0}, .tokens = 4, .text = "t", .answer = "7"}, {.node = 3, .text = ""}};
  const Json json = tree_json(tree);
  const steps::Tree again = tree_from_json(parse_json(printable(json), "t"), "t");
  EXPECT_EQ(tree_json(again), json);
  EXPECT_EQ(again.nodes[3].id, tree.nodes[3].id);
}

TEST(TreeJson, FaultsNameTheNode) {
  const auto message = [](std::string_view text) -> std::string {
    return refusal([&] { tree_from_json(parse_json(text, "t"), "line 3"); });
  };
  const std::string head = R"({"id":"p","question":"q","gold":"g","nodes":[{"parent":-1,"text":""},)";
  EXPECT_NE(message(head + R"({"parent":1,"text":"x"}]})").find("line 3: node 1: parent is 1"), std::string::npos);
  EXPECT_NE(message(head + R"({"parent":0}]})").find("'text' is missing"), std::string::npos);
  EXPECT_NE(message(head + R"({"parent":0,"text":"","multiplicity":0}]})").find("multiplicity"), std::string::npos);
  EXPECT_NE(message(R"({"id":"p","question":"q","gold":"g","nodes":[]})").find("without nodes"), std::string::npos);
  EXPECT_NE(message(R"({"id":"p","question":"q","gold":"g"})").find("'nodes'"), std::string::npos);
  EXPECT_NE(message("[1]").find("question"), std::string::npos);
}

}  // namespace
}  // namespace hrm::tree
