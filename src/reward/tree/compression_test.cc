#include "tree/compression.h"

#include <gtest/gtest.h>

#include <map>

#include "tree/testing/trees.h"

namespace hrm::tree {
namespace {

// 0 -> 1 -> 2..5 -> four leaves each below 2.
steps::Tree small() {
  return make_tree({{0, "a"}, {1, "b"}, {1, "c"}, {1, "d"}, {1, "e"}, {2, "f"}, {2, "g"}, {2, "h"}, {2, "i"}});
}

TEST(Compression, FirstWinningChildMovesUp) {
  const steps::Tree tree = small();
  std::vector<double> draws = {0.5, 0.4, 0.1};
  size_t next = 0;
  const Compression view = compress(tree, {}, [&] { return draws.at(next++); });
  // Node 1: child 2 does not move at exactly p, child 3 does. Node 2 was not moved: its child 6 moves below node 1.
  EXPECT_EQ(view.moved, (std::vector<int32_t>{3, 6}));
  EXPECT_EQ(view.children[0], (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(view.children[1], (std::vector<int32_t>{2, 4, 5, 6}));
  EXPECT_EQ(view.lost[1], 3);
  EXPECT_EQ(view.depth[6], 2);
  EXPECT_EQ(step_text(tree, view, 3), "ac");
  EXPECT_EQ(path_texts(tree, view, 6), (std::vector<std::string>{"a", "bf"}));
  EXPECT_EQ(view.draws.size(), 3u);
  EXPECT_EQ(view.draws[1].child, 3);
}

TEST(Compression, SoundPrefixesFollowAndFaithfulOnesStay) {
  const steps::Tree tree = small();
  const auto always = [] { return 0.0; };
  const Compression sound = compress(tree, {.mode = CompressionMode::kSound}, always);
  EXPECT_EQ(sound.moved, std::vector<int32_t>{2}) << "a moved node loses no child";
  EXPECT_EQ(path_texts(tree, sound, 6), (std::vector<std::string>{"ab", "f"}));
  EXPECT_EQ(sound.depth[6], 2);
  const Compression faithful = compress(tree, {.mode = CompressionMode::kFaithful}, always);
  EXPECT_EQ(path_texts(tree, faithful, 6), (std::vector<std::string>{"a", "b", "f"}));
  EXPECT_EQ(faithful.depth[6], 3);
}

TEST(Compression, SentinelsMoveOnlyForTheAuthors) {
  steps::Tree tree = small();
  tree.nodes[2].sentinel = true;
  const auto always = [] { return 0.0; };
  EXPECT_EQ(compress(tree, {.mode = CompressionMode::kSound}, always).moved.front(), 3);
  EXPECT_EQ(compress(tree, {.mode = CompressionMode::kFaithful}, always).moved.front(), 2);
}

TEST(Compression, TheSeedDecidesAndTheTreeStays) {
  const steps::Tree tree = small();
  const auto moved = [&](uint64_t seed) { return compress(tree, {.seed = seed}).moved; };
  EXPECT_EQ(moved(7), moved(7));
  std::map<std::vector<int32_t>, int> seen;
  for (uint64_t seed = 0; seed < 50; ++seed) ++seen[moved(seed)];
  EXPECT_GT(seen.size(), 4u);
  EXPECT_TRUE(compress(tree, {.p = 0}).moved.empty());
  EXPECT_EQ(compress(tree, {.p = 1}).moved, std::vector<int32_t>{2});
  EXPECT_THROW(compress(tree, {.p = 1.5}), Error);
  EXPECT_THROW(compress(tree, {.p = std::nan("")}), Error);
}

TEST(Compression, OnlyTheNodeThatLostAChildIsScoredAnew) {
  const steps::Tree tree = small();
  steps::Verdicts verdicts;
  for (const steps::Node& node : tree.nodes)
    verdicts.nodes.push_back(node.text == "f" || node.text == "c" ? grading::Verdict::kCorrect
                                                                  : grading::Verdict::kWrong);
  const auto counts = count_ends(tree, verdicts, kFaithfulCounts);
  const Compression view = compress(tree, {}, [] { return 0.0; });
  const auto changed = compressed_counts(tree, view, counts);
  EXPECT_EQ(counts[1], (EndCounts{7, 2, 0}));
  EXPECT_EQ(changed[1], (EndCounts{3, 1, 0}));
  EXPECT_EQ(changed[0], counts[0]);
  const Values policy = policy_labels(tree, counts);
  const Values changed_policy = compressed_policy_labels(tree, view, policy);
  EXPECT_DOUBLE_EQ(*policy[1], (0.25 + 1) / 4);
  EXPECT_DOUBLE_EQ(*changed_policy[1], 1.0 / 3);
  EXPECT_EQ(changed_policy[0], policy[0]);
}

TEST(CompressionParity, TheAuthorsTreesWithTheirDraws) {
  const auto trees_path = reward_fixture("trees.jsonl"), path = reward_fixture("hnc.jsonl");
  HRM_SKIP_WITHOUT(trees_path);
  HRM_SKIP_WITHOUT(path);
  std::map<int, std::pair<steps::Tree, std::vector<EndCounts>>> trees;
  for (JsonlReader lines(trees_path); lines.next();) {
    steps::Verdicts verdicts;
    for (const Json& node : lines.value()["nodes"])
      verdicts.nodes.push_back(node["correct"].get<bool>() ? grading::Verdict::kCorrect : grading::Verdict::kWrong);
    steps::Tree tree = tree_from_json(lines.value(), lines.place());
    auto counts = count_ends(tree, verdicts, kFaithfulCounts);
    trees[lines.value()["tree"].get<int>()] = {std::move(tree), std::move(counts)};
  }
  size_t cases = 0;
  for (JsonlReader lines(path); lines.next(); ++cases) {
    const Json& wanted = lines.value();
    const auto& [tree, counts] = trees.at(wanted["tree"].get<int>());
    const auto draws = wanted["draws"].get<std::vector<double>>();
    size_t next = 0;
    const Compression view = compress(tree, {.mode = CompressionMode::kFaithful}, [&] { return draws.at(next++); });
    const std::string place = lines.place() + " " + wanted["mode"].get<std::string>();
    ASSERT_EQ(next, draws.size()) << place;
    std::vector<int32_t> draw_child;
    for (const Draw& draw : view.draws) draw_child.push_back(draw.child);
    ASSERT_EQ(draw_child, wanted["draw_child"].get<std::vector<int32_t>>()) << place;
    ASSERT_EQ(view.moved, wanted["moved"].get<std::vector<int32_t>>()) << place;
    ASSERT_EQ(view.parent, wanted["parent"].get<std::vector<int32_t>>()) << place;
    ASSERT_EQ(view.depth, wanted["depth"].get<std::vector<int32_t>>()) << place;
    ASSERT_EQ(view.children, wanted["children"].get<std::vector<std::vector<int32_t>>>()) << place;
    const auto changed = compressed_counts(tree, view, counts);
    for (size_t i = 0; i < changed.size(); ++i) {
      ASSERT_EQ(changed[i].total, wanted["leaves"][i].get<int64_t>()) << place << " node " << i;
      ASSERT_EQ(changed[i].correct, wanted["correct_leaves"][i].get<int64_t>()) << place << " node " << i;
    }
    ASSERT_EQ(wanted["texts"].size(), view.moved.size()) << place;
    for (const auto& [id, texts] : wanted["texts"].items())
      ASSERT_EQ(path_texts(tree, view, std::stoi(id)), texts.get<std::vector<std::string>>()) << place << " " << id;
  }
  EXPECT_GE(cases, 100u);
}

}  // namespace
}  // namespace hrm::tree
