#include "studies/truth_scorer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/statistics.h"
#include "tree/testing/trees.h"

namespace hrm::studies {
namespace {

// A right step and then the answer; a slip, which is repaired; nonsense.
steps::Tree world_tree() {
  steps::Tree tree = tree::make_tree({{0, "7+12=19;19*3\n"},
                                      {0, "7+12=18;18*3\n"},
                                      {0, "hm\n"},
                                      {1, "#### 57"},
                                      {2, "18*3=54;54\n"},
                                      {2, "!7+12=19;19*3\n"}});
  tree.problem.question = "(7+12)*3=?";
  return tree;
}

std::vector<double> scores_of(const std::string& spec, const steps::Tree& tree) {
  TruthScorer scorer(*truth_scorer_settings(spec));
  EXPECT_EQ(scorer.name(), spec);
  std::vector<int32_t> nodes;
  int64_t characters = 0;
  for (int32_t node = 1; node < std::ssize(tree.nodes); ++node) {
    nodes.push_back(node);
    characters += std::ssize(tree.nodes[static_cast<size_t>(node)].text);
  }
  std::vector<double> scores = scorer.score(tree, nodes);
  EXPECT_EQ(scorer.scored_tokens(), characters);
  return scores;
}

TEST(TruthScorer, KnowsTrackTruthAndValue) {
  const steps::Tree tree = world_tree();
  EXPECT_EQ(scores_of("truth", tree), (std::vector<double>{1, 0, 1, 1, 0, 1}));
  EXPECT_EQ(scores_of("truth:of=valid", tree), (std::vector<double>{1, 0, 0, 1, 1, 1}));
  const std::vector<double> values = scores_of("truth:of=value,slip=0.2", tree);
  EXPECT_GT(values[0], values[1]);
  EXPECT_GT(values[1], 0) << "the policy may repair it";
  EXPECT_EQ(values[3], 1);
}

TEST(TruthScorer, NoiseHasTheAreaItShould) {
  steps::Tree tree = world_tree();
  std::vector<double> scores;
  std::vector<uint8_t> right;
  for (int i = 0; i < 2000; ++i) {
    tree.problem.id = std::to_string(i);
    tree.nodes[1].id = steps::child_id(steps::root_id(tree.problem), 0, tree.nodes[1].text);
    tree.nodes[2].id = steps::child_id(steps::root_id(tree.problem), 0, tree.nodes[2].text);
    const std::vector<double> all = scores_of("truth:noise=1", tree);
    scores.insert(scores.end(), all.begin(), all.begin() + 2);
    right.insert(right.end(), {1, 0});
  }
  EXPECT_EQ(scores_of("truth:noise=1", tree), scores_of("truth:noise=1", tree));
  EXPECT_NE(scores_of("truth:noise=1", tree), scores_of("truth:noise=1,seed=1", tree));
  EXPECT_NEAR(*AucCounter(scores, right).area(), 0.5 * std::erfc(-1.0), 0.02);  // Phi(sqrt(2))
  EXPECT_NEAR(mean_of(scores).value, 0.5, 0.02);
}

TEST(TruthScorer, RefusesOtherQuestionsAndSettings) {
  EXPECT_FALSE(truth_scorer_settings("runs/truth").has_value());
  EXPECT_FALSE(truth_scorer_settings("truthful").has_value());
  EXPECT_THROW(truth_scorer_settings("truth:noise=-1"), Error);
  EXPECT_THROW(truth_scorer_settings("truth:noize=1"), Error);
  steps::Tree tree = world_tree();
  tree.problem.question = "How many?";
  TruthScorer scorer(*truth_scorer_settings("truth"));
  EXPECT_THROW(scorer.score(tree, std::vector<int32_t>{1}), Error);
}

}  // namespace
}  // namespace hrm::studies
