// The same trees from servers that keep, drop or name the stop string.
#include <gtest/gtest.h>

#include "policy/http.h"
#include "policy/scripted.h"
#include "policy/testing/fault_server.h"
#include "tree/grow.h"
#include "tree/testing/trees.h"

#if HRM_HTTP

namespace hrm::tree {
namespace {

using policy::FaultServer;
using policy::Request;

std::string answer_of(Rng& rng) {
  static const std::vector<std::string> kAnswers = {"42", "(C)", "7"};
  return kAnswers[rng.below(kAnswers.size())];
}

// Goes on from the last heading of the prompt; ends with an answer, with or without the mark of the end.
std::string authors_text(const Request& request, int64_t, Rng& rng) {
  const size_t begin = request.prompt.rfind("-----------------");
  const size_t heading = request.prompt.rfind("# Step ");
  int64_t step = heading == std::string::npos || heading < begin ? 0 : std::stoll(request.prompt.substr(heading + 7));
  std::string text = step == 0 ? "# Step 1: begin" : ": go on";
  for (step = std::max<int64_t>(step, 1); step < 4 && rng.chance(0.7); ++step)
    text += fmt::format("\n\n# Step {}: so {}", step + 1, rng.below(3));
  if (rng.chance(0.3)) return text + "\n\nThe answer is \\boxed{" + answer_of(rng) + "}.";
  return text + "\n\n# Answer\n\n" + answer_of(rng) + (rng.chance(0.5) ? "\n# END! and more" : "");
}

std::string lines_text(const Request&, int64_t, Rng& rng) {
  std::string text;
  while (rng.chance(0.6)) text += fmt::format("so {}\n", rng.below(3));
  return text + "#### " + std::to_string(rng.below(2));
}

std::string trees_of(const GrowSettings& settings, policy::Script script, bool keeps, bool names) {
  const FaultServer server({.script = std::move(script), .keeps_stop = keeps, .names_stop = names});
  policy::HttpPolicy policy({.transport = {.url = server.url(), .connect_seconds = 5, .total_seconds = 60}});
  const TemporaryFolder folder;
  StoreWriter store(folder.path() / "t");
  const std::vector<steps::ProblemRecord> problems = {{0, {"p", "What is 40 + 2?", "42"}},
                                                      {1, {"c", "Which one?", "(C)"}}};
  EXPECT_EQ(grow_trees({problems, settings, policy, store}, {.in_flight = 4}).finished, 2);
  const StoreReader reader(folder.path() / "t");
  std::string all;
  for (size_t i = 0; i < reader.contents().problems.size(); ++i) {
    const steps::Tree tree = reader.load(i).tree;
    for (const steps::Node& node : tree.nodes) {
      EXPECT_TRUE(!node.answer || node.children.empty()) << "grown below an answer: " << node.text;
      EXPECT_EQ(node.text.find("# END"), std::string::npos);
    }
    all += printable(tree_json(tree)) + "\n";
  }
  return all;
}

TEST(GrowServers, TheSameTreesWhateverBecomesOfStopStrings) {
  for (const GrowMethod method : {GrowMethod::kBreadth, GrowMethod::kFirstError, GrowMethod::kSolutions}) {
    GrowSettings authors;
    authors.method = method;
    authors.children = 3;
    authors.depth = 4;
    authors.simulations = 3;
    GrowSettings lines = authors;
    lines.steps = steps::StepStyle::kLine;
    const std::string wanted = trees_of(authors, authors_text, false, true);
    const std::string wanted_lines = trees_of(lines, lines_text, false, true);
    EXPECT_NE(wanted.find("(C)"), std::string::npos);
    for (const auto& [keeps, names] : {std::pair(false, false), std::pair(true, false), std::pair(true, true)}) {
      EXPECT_EQ(trees_of(authors, authors_text, keeps, names), wanted) << keeps << names;
      EXPECT_EQ(trees_of(lines, lines_text, keeps, names), wanted_lines) << keeps << names;
    }
  }
}

// Breaks off all but `whole` choices of each request.
class BreakingPolicy : public policy::Policy {
 public:
  explicit BreakingPolicy(size_t whole) : whole_(whole), inner_(lines_text) {}
  policy::Reply complete(const Request& request) override {
    policy::Reply reply = inner_.complete(request);
    auto& choices = std::get<policy::Response>(reply).choices;
    for (size_t i = whole_; i < choices.size(); ++i) choices[i].finish = policy::Finish::kBroken;
    return reply;
  }
  std::string name() const override { return "breaking"; }

 private:
  size_t whole_;
  policy::ScriptedPolicy inner_;
};

TEST(GrowServers, WhatTheServerBrokeOffIsNoStep) {
  const TemporaryFolder folder;
  GrowSettings settings;
  settings.method = GrowMethod::kSolutions;
  settings.steps = steps::StepStyle::kLine;
  for (const size_t whole : {size_t{0}, size_t{2}}) {
    BreakingPolicy policy(whole);
    StoreWriter store(folder.path() / std::to_string(whole));
    const GrowReport report = grow_trees({{{0, {"p", "q", "1"}}}, settings, policy, store}, {.in_flight = 1});
    EXPECT_EQ(report.rollouts, static_cast<int64_t>(whole));
    EXPECT_EQ(report.finished, whole > 0);
    EXPECT_EQ(report.failed, whole == 0);
  }
}

}  // namespace
}  // namespace hrm::tree
#endif
