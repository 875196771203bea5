#include "studies/growth_study.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "tree/grow.h"
#include "worlds/arithmetic_policy.h"
#include "worlds/solutions.h"

namespace hrm::studies {
namespace {

constexpr worlds::SlipSettings kPolicy{.slip = 0.25, .repair = 0.4, .wander = 0.3};

const GrowthStudyRow& row_of(const GrowthStudyStore& store, std::string_view view) {
  const auto at = std::ranges::find(store.rows, view, &GrowthStudyRow::view);
  if (at == store.rows.end()) throw failure("test", "no labels '{}'", view);
  return *at;
}

class GrowthStudyTest : public testing::Test {
 protected:
  // "1+2=?": a right step with its right answer, and a wrong one with its wrong answer.
  std::filesystem::path by_hand(const Json& settings) const {
    const auto path = folder_.path() / "hand.tree";
    tree::StoreWriter store(path);
    const steps::Problem problem{"p", "1+2=?", "3"};
    const steps::NodeId root = steps::root_id(problem);
    const std::string right = "1+2=3;3\n", wrong = "1+2=4;4\n";
    store.append(tree::SettingsRecord{settings});
    store.append(steps::ProblemRecord{0, problem});
    store.append({.root = root,
                  .node = root,
                  .prompt_tokens = 6,
                  .samples = {{.tokens = 8, .multiplicity = 3, .text = right}, {.tokens = 8, .text = wrong}}});
    store.append({.root = root,
                  .node = steps::child_id(root, 0, right),
                  .prompt_tokens = 14,
                  .samples = {{.tokens = 6, .terminal = true, .text = "#### 3", .answer = "3"}}});
    // Taken over from a rollout, so nobody was asked.
    store.append({.root = root,
                  .node = steps::child_id(root, 0, wrong),
                  .round = tree::kAdoptedRounds + 1,
                  .samples = {{.tokens = 6, .terminal = true, .text = "#### 4", .answer = "4"}}});
    return path;
  }

  std::filesystem::path grown(tree::GrowMethod method, int64_t depth = 12) const {
    const auto path = folder_.path() / fmt::format("{}{}", name_of_enum(method), depth);
    std::vector<steps::ProblemRecord> problems;
    for (const auto& problem : worlds::make_problems({.operations = 2}, worlds::Split::kTrain, 60, 1))
      problems.push_back({static_cast<int64_t>(problems.size()), {problem.id, problem.question, problem.answer}});
    tree::GrowSettings settings;
    settings.method = method;
    settings.steps = steps::StepStyle::kLine;
    settings.depth = depth;
    settings.children = 3;
    settings.rollouts = 16;
    settings.simulations = 16;
    worlds::ArithmeticPolicy policy(kPolicy);
    tree::StoreWriter store(path);
    tree::grow_trees({problems, settings, policy, store}, {.in_flight = 1});
    return path;
  }

  static GrowthStudyStore study(const std::filesystem::path& path, size_t threads = 1) {
    return study_growth(std::vector{path}, {.threads = threads}).stores.at(0);
  }

  TemporaryFolder folder_;
};

TEST_F(GrowthStudyTest, CountsByHand) {
  const GrowthStudyStore store =
      study(by_hand({{"method", "breadth"}, {"policy", worlds::ArithmeticPolicy(kPolicy).name()}}));
  EXPECT_EQ(store.problems, 1u);
  EXPECT_EQ(store.spent.requests, 2u);
  EXPECT_EQ(store.spent.prompt_tokens, 20);
  EXPECT_EQ(store.spent.tokens, 4 * 8 + 6);
  const worlds::Expression question = worlds::find_question("1+2=?").value();
  worlds::TrueValues values(question, kPolicy);
  worlds::Walk right(question), wrong(question);
  right.take("1+2=3;3");
  wrong.take("1+2=4;4");
  const LabelErrors& errors = row_of(store, "soft").errors;
  EXPECT_EQ(errors.states, 2u);
  EXPECT_DOUBLE_EQ(errors.bias.value, (1 - *values.success(right) - *values.success(wrong)) / 2);
  EXPECT_EQ(errors.false_positive_state.value, 0);
  EXPECT_EQ(errors.false_positive_state.n, 1u);
  EXPECT_EQ(row_of(store, "leaves").errors.states, 2u);
}

TEST_F(GrowthStudyTest, WithoutAKnownPolicyTheTruthAboutStepsRemains) {
  const GrowthStudyStore store = study(by_hand({{"method", "breadth"}, {"policy", "some-model"}}));
  const LabelErrors& errors = row_of(store, "hard").errors;
  EXPECT_EQ(errors.states, 2u);
  EXPECT_EQ(errors.rmse.n, 0u);
  EXPECT_EQ(errors.false_negative_step.n, 1u);
  EXPECT_NE(to_markdown({{store}}).find("| hand.tree | hard | 2 | 19 | – | – | 0.000"), std::string::npos)
      << to_markdown({{store}});
}

TEST_F(GrowthStudyTest, GrownTreesShowWhatLabelsAreWorth) {
  const GrowthStudyStore breadth = study(grown(tree::GrowMethod::kBreadth));
  // Branches that a limit of depth cuts off count as wrong: the lower it is, the further labels fall below the truth.
  const double bias = row_of(breadth, "policy").errors.bias.value;
  EXPECT_LT(bias, 0);
  EXPECT_LT(row_of(study(grown(tree::GrowMethod::kBreadth, 5)), "policy").errors.bias.value, 2 * bias);
  // The share of right leaves overrates branches that err and are repaired.
  EXPECT_GT(row_of(breadth, "leaves").errors.bias.value, row_of(breadth, "policy").errors.bias.value);
  EXPECT_GT(row_of(breadth, "hard").errors.rmse.value, row_of(breadth, "soft").errors.rmse.value);
  // Up to 16 rollouts: at most about a quarter of the error of one alone.
  const auto adaptive_path = grown(tree::GrowMethod::kAdaptive);
  const GrowthStudyStore adaptive = study(adaptive_path);
  EXPECT_LT(row_of(adaptive, "soft").errors.rmse.value, 0.2);
  EXPECT_EQ(to_json({{adaptive}}), to_json({{study(adaptive_path, 3)}}));
  for (const auto method : {tree::GrowMethod::kMcts, tree::GrowMethod::kFirstError, tree::GrowMethod::kRollouts})
    EXPECT_GT(row_of(study(grown(method)), "soft").errors.states, 50u) << name_of_enum(method);
}

TEST_F(GrowthStudyTest, RefusesWhatCannotBe) {
  const auto path = folder_.path() / "other.tree";
  {
    tree::StoreWriter store(path);
    store.append(steps::ProblemRecord{0, {"p", "What is two and two?", "4"}});
  }
  EXPECT_THROW(study(path), Error);
  EXPECT_THROW(study(folder_.path() / "missing"), Error);
}

}  // namespace
}  // namespace hrm::studies
