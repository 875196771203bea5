// Growth over HTTP from a server that misbehaves in every way it knows.
#include <gtest/gtest.h>

#include "base/rng.h"
#include "policy/endpoint.h"
#include "policy/testing/fault_server.h"
#include "tree/grow.h"
#include "tree/testing/trees.h"

namespace hrm::tree {
namespace {

using policy::FaultServer;
using policy::Misdeed;

std::string some_lines(const policy::Request&, int64_t, Rng& rng) {
  std::string text;
  while (!rng.chance(0.3)) text += std::string(1, static_cast<char>('a' + rng.below(3))) + "\n";
  return text + "#### " + std::to_string(rng.below(2));
}

class FaultyGrowth : public testing::TestWithParam<GrowMethod> {
 protected:
  GrowReport grow(const std::string& name, const FaultServer& server) {
    policy::EndpointOptions options;
    options.endpoint = {server.url()};
    options.attempts = 1;
    options.read_seconds = 0.3;
    options.max_reply_mib = 1;
    GrowSettings settings;
    settings.method = GetParam();
    settings.steps = steps::StepStyle::kLine;
    settings.children = 3;
    settings.depth = 3;
    settings.rollouts = 4;
    settings.simulations = 6;
    std::vector<steps::ProblemRecord> problems;
    for (int64_t i = 0; i < 3; ++i) problems.push_back({i, {"p" + std::to_string(i), "q" + std::to_string(i), "1"}});
    StoreWriter store(folder_.path() / name);
    return grow_trees({problems, settings, *policy::make_policy(options).policy, store}, {.in_flight = 4});
  }
  std::string trees(const std::string& name) const {
    const StoreReader store(folder_.path() / name);
    std::string all;
    for (size_t i = 0; i < 3; ++i) {
      steps::Tree tree = store.load(i).tree;
      for (steps::Node& node : tree.nodes) node.tokens = 0;  // estimated where a server sent too many choices
      for (steps::Rollout& rollout : tree.rollouts) rollout.tokens = 0;
      all += printable(tree_json(tree)) + "\n";
      for (const steps::Node& node : tree.nodes) EXPECT_FALSE(node.sentinel);
    }
    return all;
  }
  TemporaryFolder folder_;
};

TEST_P(FaultyGrowth, NothingIsLostAndNothingOfAFailedRequestIsKept) {
  const FaultServer sound({.script = some_lines});
  ASSERT_EQ(grow("sound", sound).finished, 3);
  const FaultServer faulty({.script = some_lines,
                            .chances = {{Misdeed::kRefuse, 0.05},
                                        {Misdeed::kStall, 0.02},
                                        {Misdeed::kDrop, 0.05},
                                        {Misdeed::kBusy, 0.05},
                                        {Misdeed::kError, 0.05},
                                        {Misdeed::kGarbage, 0.05},
                                        {Misdeed::kCutJson, 0.05},
                                        {Misdeed::kMore, 0.03},
                                        {Misdeed::kHuge, 0.02}},
                            .stall_seconds = 0.5});
  GrowReport report;
  int64_t failed = 0, nodes = 0, rollouts = 0;
  for (int turn = 0; turn < 300 && report.finished < 3; ++turn) {
    report = grow("faulty", faulty);
    failed += report.failed;
    nodes += report.nodes;
    rollouts += report.rollouts;
  }
  EXPECT_EQ(report.finished, 3);
  EXPECT_GT(failed, 0);
  EXPECT_TRUE(trees("faulty") == trees("sound"));
  // Nothing was asked, or stored, twice.
  int64_t stored = 0, stored_rollouts = 0;
  const StoreReader store(folder_.path() / "faulty");
  for (size_t i = 0; i < 3; ++i) {
    const steps::Tree tree = store.load(i).tree;
    stored += static_cast<int64_t>(tree.nodes.size()) - 1;
    stored_rollouts += static_cast<int64_t>(tree.rollouts.size());
  }
  EXPECT_EQ(stored, nodes);
  EXPECT_EQ(stored_rollouts, rollouts);
}

INSTANTIATE_TEST_SUITE_P(Methods, FaultyGrowth, testing::Values(GrowMethod::kBreadth, GrowMethod::kRollouts),
                         [](const auto& method) { return std::string(name_of_enum(method.param)); });

}  // namespace
}  // namespace hrm::tree
