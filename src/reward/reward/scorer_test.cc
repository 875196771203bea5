#include "reward/scorer.h"

#include <gtest/gtest.h>

#include "reward/testing/small_models.h"
#include "rows/step_text.h"

namespace hrm::reward {
namespace {

using language::HeadKind;

constexpr double kTolerance = 1e-4;

// Each node gets 0 to 5 children of 0 to 40 characters; siblings often begin alike.
steps::Tree random_tree(Rng& rng, int32_t depth) {
  steps::Tree tree{.problem = {"1", "What is " + random_text(rng, 12) + "?", "4"}, .nodes = {{}}, .rollouts = {}};
  for (size_t at = 0; at < tree.nodes.size(); ++at) {
    if (tree.nodes[at].depth == depth || tree.nodes.size() > 80) continue;
    const std::string start = random_text(rng, rng.below(50));
    for (uint64_t i = 0; i < 1 + rng.below(5); ++i) {
      steps::Node node;
      node.text = (rng.chance(0.5) ? start : "") + random_text(rng, rng.below(40));
      node.parent = static_cast<int32_t>(at);
      node.depth = tree.nodes[at].depth + 1;
      tree.nodes[at].children.push_back(static_cast<int32_t>(tree.nodes.size()));
      tree.nodes.push_back(node);
    }
  }
  steps::sort_breadth_first(tree);
  return tree;
}

std::vector<int32_t> all_steps(const steps::Tree& tree) {
  std::vector<int32_t> nodes;
  for (size_t i = 1; i < tree.nodes.size(); ++i) nodes.push_back(static_cast<int32_t>(i));
  return nodes;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

double spread(const std::vector<double>& values) {
  const auto [low, high] = std::ranges::minmax(values);
  return high - low;
}

struct Case {
  LayoutName layout;
  HeadKind head;
  int64_t outputs;
  rows::Kind kind = rows::Kind::kProcess;
};

const Case kCases[] = {
    {LayoutName::kPrompt, HeadKind::kSequence, 1},  {LayoutName::kPrompt, HeadKind::kSequence, 2, rows::Kind::kOutcome},
    {LayoutName::kTrl, HeadKind::kToken, 2},        {LayoutName::kShepherd, HeadKind::kLanguage, 0},
    {LayoutName::kQwenPrm, HeadKind::kProcess, 2},  {LayoutName::kSkywork, HeadKind::kValue, 1},
    {LayoutName::kRlhflow, HeadKind::kLanguage, 0}, {LayoutName::kChat, HeadKind::kProcess, 1, rows::Kind::kOutcome}};

std::unique_ptr<Scorer> scorer_of(const TestFolder& folder, const Case& each, const ScorerOptions& options) {
  write_checkpoint(folder.path, each.head, each.outputs, {"<extra_0>", "<|im_start|>", "<|im_end|>"}, 2048);
  RewardModel model = load_reward_model(folder.path, {.layout = each.layout, .kind = each.kind});
  return std::make_unique<Scorer>(std::move(model), options);
}

TEST(Scorer, TreeEqualsEachPathAloneInEveryLayout) {
  for (const Case& each : kCases)
    for (const ScorerOptions& options : {ScorerOptions{}, ScorerOptions{.worth = 0, .branch_tokens = 0},
                                         ScorerOptions{.worth = 0, .branch_tokens = 1 << 30},
                                         ScorerOptions{.worth = 3, .call_tokens = 60, .cache_bytes = 40000}}) {
      const TestFolder folder("layouts");
      const auto scorer = scorer_of(folder, each, options);
      Rng rng(11, {static_cast<uint64_t>(each.layout)});
      const steps::Tree tree = random_tree(rng, 4);
      const std::vector<int32_t> nodes = all_steps(tree);
      const std::vector<double> shared = scorer->score(tree, nodes);
      std::vector<PlacedText> texts;
      for (const int32_t node : nodes) {
        const auto path = steps::path_texts(tree, node);
        std::vector<std::string> steps(path.begin(), path.end());
        if (scorer->reader().layout().form == Form::kSteps) steps = rows::tidy_steps(steps);
        texts.push_back(placed_at_end(scorer->reader().step(tree.problem.question, steps)));
      }
      EXPECT_LT(largest_difference(shared, scorer->score_alone(texts)), kTolerance) << name_of_enum(each.layout);
      EXPECT_GT(spread(shared), 0.02) << "scores that hardly differ prove nothing: " << name_of_enum(each.layout);
      EXPECT_LT(scorer->work().read_tokens, scorer->work().text_tokens / 2);
    }
}

// The heading of the next step, which a policy leaves at a node's end, goes to the step that it heads.
TEST(Scorer, HeadingsOfATreeAreTidiedForPublishedModels) {
  const TestFolder folder("headings");
  const auto scorer = scorer_of(folder, {LayoutName::kTrl, HeadKind::kToken, 2}, {});
  EXPECT_EQ(scorer->reader().layout().mode, rows::Mode::kFaithful);
  steps::Tree tree;
  tree.problem.question = "Why?";
  tree.nodes.resize(3);
  tree.nodes[1].parent = 0;
  tree.nodes[1].text = "# Step 1\na\n\n# Step 2";
  tree.nodes[2].parent = 1;
  tree.nodes[2].text = "\nb\n\n# Step 3";
  const std::vector<int32_t> last = {2};
  const std::vector<PlacedText> tidy = {placed_at_end(scorer->reader().step("Why?", {"# Step 1\na", "# Step 2\nb"}))};
  EXPECT_NEAR(scorer->score(tree, last)[0], scorer->score_alone(tidy)[0], kTolerance);
}

TEST(Scorer, SolutionsOfManyProblemsEqualTheirTrees) {
  const TestFolder folder("solutions");
  const auto scorer = scorer_of(folder, kCases[0], {});
  Rng rng(3);
  std::vector<std::string> questions;
  std::vector<std::vector<std::string>> steps;
  for (int i = 0; i < 12; ++i) {
    questions.push_back("What is " + random_text(rng, 9) + "?");
    auto& solution = steps.emplace_back(rng.below(5));  // some have no step
    for (std::string& step : solution) step = random_text(rng, 25);
  }
  std::vector<Scorer::SolutionText> solutions;
  for (size_t i = 0; i < steps.size(); ++i) solutions.push_back({questions[i / 4], &steps[i]});
  const auto scores = scorer->score(solutions);
  ASSERT_EQ(scores.size(), steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    ASSERT_EQ(scores[i].size(), steps[i].size());
    for (size_t k = 0; k < steps[i].size(); ++k) {
      const std::vector<std::string> path(steps[i].begin(), steps[i].begin() + static_cast<int64_t>(k) + 1);
      const std::vector<PlacedText> text = {placed_at_end(scorer->reader().step(questions[i / 4], path))};
      EXPECT_NEAR(scores[i][k], scorer->score_alone(text)[0], kTolerance);
    }
  }
}

TEST(Scorer, NothingAskedAndTooMuchAsked) {
  const TestFolder folder("limits");
  const auto scorer = scorer_of(folder, kCases[0], {});
  EXPECT_TRUE(scorer->score_texts({}).empty());
  const std::vector<PlacedText> one = {placed_at_end(std::vector<int64_t>(2049, 7))};
  EXPECT_THROW(scorer->score_texts(one), Error);
  Rng rng(1);
  const steps::Tree tree = random_tree(rng, 2);
  const std::vector<int32_t> root = {0};
  EXPECT_THROW(scorer->score(tree, root), Error);
}

TEST(TokenTrie, HoldsEverySequenceOnceItIsWorthIt) {
  std::vector<PlacedText> texts;
  for (const std::vector<int64_t>& ids :
       std::vector<std::vector<int64_t>>{{1, 2, 3, 4}, {1, 2, 3, 5, 6}, {1, 2, 3}, {9}, {9}, {1, 2, 3, 4}})
    texts.push_back(placed_at_end(ids));
  const auto forest = token_trie(texts, 0);
  ASSERT_EQ(forest.size(), 2u);
  EXPECT_EQ(token_count(forest), 7);  // 1 2 3, 4, 5 6, 9
  EXPECT_EQ(forest[0].reads.size(), 1u);
  EXPECT_EQ(forest[0].children[0].reads.size(), 2u);  // asked for twice, read once
  EXPECT_EQ(forest[1].reads.size(), 2u);
  const auto copied = token_trie(texts, 3);
  EXPECT_EQ(copied.size(), 3u);
  EXPECT_EQ(token_count(copied), 10);
}

void expect_same(std::span<const TrieNode> one, std::span<const TrieNode> other) {
  ASSERT_EQ(one.size(), other.size());
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].begin, other[i].begin);
    EXPECT_EQ(one[i].end, other[i].end);
    ASSERT_EQ(one[i].reads.size(), other[i].reads.size());
    for (size_t k = 0; k < one[i].reads.size(); ++k) {
      EXPECT_EQ(one[i].reads[k].place, other[i].reads[k].place);
      EXPECT_EQ(one[i].reads[k].result, other[i].reads[k].result);
    }
    expect_same(one[i].children, other[i].children);
  }
}

TEST(TokenTrie, PlacesInATextEqualItsBeginningsAsTexts) {
  Rng rng(5);
  for (int round = 0; round < 50; ++round) {
    std::vector<PlacedText> texts, beginnings;
    for (uint64_t i = 0; i < 1 + rng.below(6); ++i) {
      PlacedText& text = texts.emplace_back();
      for (uint64_t k = 0; k < 1 + rng.below(12); ++k) {
        text.ids.push_back(static_cast<int64_t>(rng.below(2)));
        if (!rng.chance(0.4)) continue;
        text.places.push_back(static_cast<int64_t>(k));
        beginnings.push_back(placed_at_end(text.ids));
      }
    }
    for (const int64_t worth : {0, 2, 9}) expect_same(token_trie(texts, worth), token_trie(beginnings, worth));
  }
}

}  // namespace
}  // namespace hrm::reward
