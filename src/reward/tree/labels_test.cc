#include "tree/labels.h"

#include <gtest/gtest.h>

#include "tree/testing/trees.h"

namespace hrm::tree {
namespace {

using enum grading::Verdict;

// 0 -> 1, 2;  1 -> 3, 4, 5;  2 is a leaf.
steps::Tree five_nodes() { return make_tree({{0, "a"}, {0, "right"}, {1, "right"}, {1, "wrong"}, {1, "odd"}}); }

steps::Verdicts by_text(const steps::Tree& tree) {
  steps::Verdicts verdicts;
  const auto of = [](const std::optional<std::string>& answer) -> steps::AnswerVerdict {
    if (!answer) return std::nullopt;
    return *answer == "right" ? kCorrect : *answer == "odd" ? kUndecided : kWrong;
  };
  for (const steps::Node& node : tree.nodes) verdicts.nodes.push_back(of(node.answer));
  for (const steps::Rollout& rollout : tree.rollouts) verdicts.rollouts.push_back(of(rollout.answer));
  return verdicts;
}

TEST(Labels, LeavesCountWithMultiplicitiesAndUndecidedAreLeftOutOrWrong) {
  steps::Tree tree = five_nodes();
  tree.nodes[1].multiplicity = 2;
  tree.nodes[3].multiplicity = 3;
  const steps::Verdicts verdicts = by_text(tree);
  auto counts = count_ends(tree, verdicts);
  EXPECT_EQ(counts[1], (EndCounts{4, 3, 1}));
  EXPECT_EQ(counts[0], (EndCounts{9, 7, 2}));
  counts = count_ends(tree, verdicts, {.undecided = Undecided::kWrong});
  EXPECT_EQ(counts[1], (EndCounts{5, 3, 1}));
  EXPECT_DOUBLE_EQ(*mc_labels(counts)[1], 0.6);
  EXPECT_DOUBLE_EQ(*policy_labels(tree, counts)[1], 0.6);
  EXPECT_DOUBLE_EQ(*policy_labels(tree, counts)[0], (2 * 0.6 + 1) / 3);
  EXPECT_EQ(*hard_labels(counts)[4], 0);
  EXPECT_EQ(*hard_labels(counts)[1], 1);
}

TEST(Labels, UnfinishedNodesAreNoLeavesAndMissingAnswersAreWrong) {
  steps::Tree tree = five_nodes();
  tree.nodes[2].unfinished = true;
  tree.nodes[4].answer.reset();
  const auto counts = count_ends(tree, by_text(tree));
  EXPECT_EQ(counts[2], EndCounts{});
  EXPECT_FALSE(mc_labels(counts)[2]);
  EXPECT_EQ(counts[0], (EndCounts{2, 1, 1}));
}

TEST(Labels, SentinelsAreLeftOutOrWrong) {
  steps::Tree tree = five_nodes();
  tree.nodes[4].sentinel = true;
  tree.nodes[4].answer.reset();
  EXPECT_EQ(count_ends(tree, by_text(tree))[1], (EndCounts{1, 1, 1}));
  EXPECT_EQ(count_ends(tree, by_text(tree), kFaithfulCounts)[1], (EndCounts{3, 1, 1}));
}

TEST(Labels, RolloutsAreEvidenceOfTheirNodeOrOfAllAbove) {
  steps::Tree tree = five_nodes();
  tree.rollouts = {
      {.node = 1, .answer = "right"}, {.node = 1, .answer = "wrong"}, {.node = 2}, {.node = 4, .answer = "right"}};
  const steps::Verdicts verdicts = by_text(tree);
  auto counts = count_ends(tree, verdicts, {.evidence = Evidence::kRollouts});
  EXPECT_EQ(counts[1], (EndCounts{2, 1, 0}));
  EXPECT_EQ(counts[2], (EndCounts{1, 0, 0}));
  EXPECT_EQ(counts[3], (EndCounts{1, 1, 0})) << "its own answer";
  EXPECT_EQ(counts[0], EndCounts{});
  counts = count_ends(tree, verdicts, {.evidence = Evidence::kThrough});
  EXPECT_EQ(counts[1], (EndCounts{3, 2, 0}));
  EXPECT_EQ(counts[0], (EndCounts{4, 2, 0}));
  counts = count_ends(tree, verdicts);
  EXPECT_EQ(counts[1], (EndCounts{2, 1, 0}));
  EXPECT_EQ(counts[0], (EndCounts{3, 2, 1})) << "no rollouts of its own: leaves";
}

TEST(Labels, BetaIntervals) {
  const std::vector<EndCounts> counts = {{0, 0, 0}, {10, 3, 0}, {10, 3, 0}};
  const auto intervals = beta_labels(counts, BetaPrior::kUniform);
  EXPECT_FALSE(intervals[0]);
  EXPECT_NEAR(intervals[1]->low, 0.1092634, 1e-6);  // Beta(4, 8)
  EXPECT_NEAR(intervals[1]->high, 0.6097426, 1e-6);
  const Interval narrower = beta_interval({40, 12, 0}, BetaPrior::kJeffreys);
  EXPECT_LT(narrower.high - narrower.low, intervals[1]->high - intervals[1]->low);
}

TEST(Labels, CountsSaturate) {
  std::vector<std::pair<int32_t, std::string>> chain;
  for (int32_t i = 0; i < 6; ++i) chain.push_back({i, i == 5 ? "right" : "x"});
  steps::Tree tree = make_tree(chain);
  for (steps::Node& node : tree.nodes) node.multiplicity = 1'000'000'000;
  const auto counts = count_ends(tree, by_text(tree));
  EXPECT_EQ(counts[0].total, int64_t{1} << 62);
  EXPECT_EQ(*mc_labels(counts)[0], 1);
}

// The authors' trees with their recorded verdicts.
TEST(LabelsParity, MonteCarloAndPolicyScoresOfTheAuthorsTrees) {
  const auto path = reward_fixture("trees.jsonl");
  HRM_SKIP_WITHOUT(path);
  size_t nodes = 0;
  for (JsonlReader lines(path); lines.next();) {
    const steps::Tree tree = tree_from_json(lines.value(), lines.place());
    const Json& wanted = lines.value()["nodes"];
    steps::Verdicts verdicts;
    for (const Json& node : wanted)
      verdicts.nodes.push_back(node["answer"].is_null()      ? std::nullopt
                               : node["correct"].get<bool>() ? steps::AnswerVerdict(kCorrect)
                                                             : kWrong);
    const auto counts = count_ends(tree, verdicts, kFaithfulCounts);
    const Values mc = mc_labels(counts), policy = policy_labels(tree, counts);
    std::vector<int64_t> subtree(tree.nodes.size(), 1);
    for (size_t i = tree.nodes.size(); i-- > 1;) subtree[static_cast<size_t>(tree.nodes[i].parent)] += subtree[i];
    ASSERT_EQ(wanted.size(), tree.nodes.size());
    for (size_t i = 0; i < wanted.size(); ++i, ++nodes) {
      ASSERT_EQ(tree.nodes[i].text, wanted[i]["text"].get<std::string>());
      ASSERT_EQ(tree.nodes[i].depth, wanted[i]["depth"].get<int32_t>());
      ASSERT_EQ(counts[i].total, wanted[i]["leaves"].get<int64_t>()) << lines.place() << " node " << i;
      ASSERT_EQ(counts[i].correct, wanted[i]["correct_leaves"].get<int64_t>()) << lines.place() << " node " << i;
      ASSERT_EQ(subtree[i], wanted[i]["subtree"].get<int64_t>());
      ASSERT_EQ(*mc[i], wanted[i]["mc"].get<double>());
      ASSERT_NEAR(*policy[i], wanted[i]["policy"].get<double>(), 1e-12);
    }
  }
  EXPECT_GT(nodes, 10'000u);
}

}  // namespace
}  // namespace hrm::tree
