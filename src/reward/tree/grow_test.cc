#include "tree/grow.h"

#include <gtest/gtest.h>

#include <set>

#include "base/rng.h"
#include "base/signals.h"
#include "base/testing/refused.h"
#include "policy/scripted.h"
#include "steps/problem_file.h"
#include "tree/testing/trees.h"

namespace hrm::tree {
namespace {

using policy::PolicyFault;
using policy::Request;
using policy::ScriptedPolicy;

// Lines "a" to "d" that continue until an answer, right with chance 1/2.
std::string lines(const Request&, int64_t, Rng& rng) {
  std::string text;
  for (;;) {
    if (rng.chance(0.3)) return text + "#### " + std::to_string(rng.below(2));
    text += std::string(1, static_cast<char>('a' + rng.below(3))) + "\n";
  }
}

GrowSettings line_settings(GrowMethod method) {
  GrowSettings settings;
  settings.method = method;
  settings.steps = steps::StepStyle::kLine;
  settings.children = 4;
  settings.depth = 4;
  settings.simulations = 12;
  return settings;
}

std::vector<steps::ProblemRecord> problems(int64_t n) {
  std::vector<steps::ProblemRecord> list;
  for (int64_t i = 0; i < n; ++i) list.push_back({i, {"p" + std::to_string(i), "q" + std::to_string(i), "1"}});
  return list;
}

class GrowTest : public testing::TestWithParam<GrowMethod> {
 protected:
  GrowReport grow(const std::string& name, ScriptedPolicy& policy, int64_t in_flight) {
    StoreWriter store(folder_.path() / name);
    return grow_trees({problems(5), line_settings(GetParam()), policy, store}, {.in_flight = in_flight});
  }
  std::string trees(const std::string& name) const {
    const StoreReader store(folder_.path() / name);
    std::string all;
    for (size_t i = 0; i < store.contents().problems.size(); ++i)
      all += printable(tree_json(store.load(i).tree)) + "\n";
    return all;
  }
  TemporaryFolder folder_;
};

TEST_P(GrowTest, TheSameTreesAtAnyConcurrencyAndNothingIsAskedTwice) {
  ScriptedPolicy policy(lines);
  const GrowReport report = grow("one", policy, 1);
  EXPECT_EQ(report.finished, 5);
  EXPECT_GT(report.nodes + report.rollouts, 10);
  const auto calls = policy.calls();
  grow("many", policy, 16);
  EXPECT_TRUE(trees("many") == trees("one"));
  EXPECT_EQ(policy.calls(), 2 * calls);
  EXPECT_EQ(grow("many", policy, 3).requests, 0);
  EXPECT_EQ(policy.calls(), 2 * calls);
}

TEST_P(GrowTest, FailedRequestsLeaveNodesUnfinishedUntilTheyAreTriedAgain) {
  ScriptedPolicy sound(lines);
  grow("sound", sound, 4);
  ScriptedPolicy shaky(lines, {.fault = [](const Request&, int64_t call) -> std::optional<PolicyFault> {
                         if (call % 3 == 1) return PolicyFault{"down"};
                         return std::nullopt;
                       }});
  GrowReport report = grow("shaky", shaky, 4);
  EXPECT_GT(report.failed, 0);
  EXPECT_LT(report.finished, 5);
  EXPECT_EQ(report.last_fault, "down");
  EXPECT_EQ(trees("shaky").find("down"), std::string::npos);
  for (int turn = 0; turn < 200 && report.finished < 5; ++turn) report = grow("shaky", shaky, 4);
  EXPECT_EQ(trees("shaky"), trees("sound"));
}

TEST_P(GrowTest, ADeadPolicyIsGivenUp) {
  ScriptedPolicy dead(lines, {.fault = [](const Request&, int64_t) { return PolicyFault{"down"}; }});
  StoreWriter store(folder_.path() / "dead");
  const GrowReport report = grow_trees({problems(500), line_settings(GetParam()), dead, store}, {.in_flight = 2});
  EXPECT_TRUE(report.gave_up);
  EXPECT_LT(dead.calls(), 100);
}

TEST_P(GrowTest, ACutStoreGrowsToTheSameTrees) {
  ScriptedPolicy policy(lines);
  grow("whole", policy, 2);
  const std::string bytes = read_file(folder_.path() / "whole");
  Rng rng(3);
  for (int turn = 0; turn < 12; ++turn) {
    write_file_atomic(folder_.path() / "cut", std::string_view(bytes).substr(0, 8 + rng.below(bytes.size() - 8)));
    grow("cut", policy, 3);
    ASSERT_EQ(trees("cut"), trees("whole"));
  }
}

TEST_P(GrowTest, AnInterruptStopsAndGrowthGoesOn) {
  ScriptedPolicy policy(lines);
  grow("whole", policy, 2);
  {
    const InterruptScope scope;
    const int64_t end = GetParam() == GrowMethod::kSolutions ? 1 : 4;  // it asks once per problem
    ScriptedPolicy stopping(lines, {.fault = [end](const Request&, int64_t call) -> std::optional<PolicyFault> {
                              if (call == end) request_interrupt();
                              return std::nullopt;
                            }});
    EXPECT_TRUE(grow("stopped", stopping, 2).interrupted);
    EXPECT_LE(stopping.calls(), 6) << "only what was under way";
  }
  EXPECT_NE(trees("stopped"), trees("whole"));
  grow("stopped", policy, 2);
  EXPECT_EQ(trees("stopped"), trees("whole"));
}

TEST_P(GrowTest, ASingleTreeShowsProgressBeforeItIsFinished) {
  ScriptedPolicy policy(lines);
  StoreWriter store(folder_.path() / "single");
  std::vector<int64_t> requests;
  const auto note = [&](const GrowReport& now) {
    if (now.finished == 0) requests.push_back(now.requests);
  };
  const GrowReport report = grow_trees({problems(1), line_settings(GetParam()), policy, store}, {.progress = note});
  EXPECT_GE(static_cast<int64_t>(requests.size()), report.requests);
  EXPECT_GE(report.requests, GetParam() == GrowMethod::kBreadth ? 3 : 1);
  EXPECT_EQ(requests.back(), report.requests);
}

INSTANTIATE_TEST_SUITE_P(Methods, GrowTest,
                         testing::Values(GrowMethod::kBreadth, GrowMethod::kMcts, GrowMethod::kFirstError,
                                         GrowMethod::kRollouts, GrowMethod::kAdaptive, GrowMethod::kSolutions),
                         [](const auto& method) {
                           std::string name(name_of_enum(method.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST(Grow, BreadthFirstMergesOrKeepsIdenticalSiblings) {
  const TemporaryFolder folder;
  ScriptedPolicy same([](const Request&, int64_t, Rng&) { return "same\nmore\n"; });
  for (const bool merge : {true, false}) {
    GrowSettings settings = line_settings(GrowMethod::kBreadth);
    settings.merge = merge;
    settings.depth = 1;
    StoreWriter store(folder.path() / (merge ? "a" : "b"));
    grow_trees({problems(1), settings, same, store}, {});
    const steps::Tree tree = StoreReader(folder.path() / (merge ? "a" : "b")).load(0).tree;
    ASSERT_EQ(tree.nodes.size(), merge ? 2u : 5u);
    EXPECT_EQ(tree.nodes[1].multiplicity, merge ? 4 : 1);
    EXPECT_EQ(tree.nodes.back().ordinal, merge ? 0 : 3);
    EXPECT_EQ(tree.nodes[1].text, "same\n");
    EXPECT_TRUE(tree.nodes[1].is_leaf()) << "the depth was reached";
  }
}

TEST(Grow, SolutionsAreRolloutsOfTheRootAndNothingElse) {
  const TemporaryFolder folder;
  ScriptedPolicy policy(lines);
  StoreWriter store(folder.path() / "a");
  const GrowReport report = grow_trees({problems(3), line_settings(GrowMethod::kSolutions), policy, store}, {});
  EXPECT_EQ(report.requests, 3);
  EXPECT_EQ(report.rollouts, 3 * 4);
  const steps::Tree tree = StoreReader(folder.path() / "a").load(2).tree;
  EXPECT_EQ(tree.nodes.size(), 1u);
  ASSERT_EQ(tree.rollouts.size(), 4u);
  EXPECT_EQ(tree.rollouts[0].node, 0);
}

// A prompt with examples leads on to the next of them; what comes from there on is no part of the solution.
TEST(Grow, AStopOfOnesOwnEndsSolutionsAndSteps) {
  const TemporaryFolder folder;
  ScriptedPolicy policy([](const Request&, int64_t, Rng&) { return "one\n#### 1Question: two\n#### 2"; });
  for (const auto method : {GrowMethod::kSolutions, GrowMethod::kBreadth}) {
    GrowSettings settings = line_settings(method);
    settings.stop = {"Question:"};
    const auto path = folder.path() / std::string(name_of_enum(method));
    StoreWriter store(path);
    grow_trees({problems(1), settings, policy, store}, {});
    const steps::Tree tree = StoreReader(path).load(0).tree;
    if (method == GrowMethod::kSolutions) {
      EXPECT_EQ(tree.rollouts.at(0).text, "one\n#### 1");
      EXPECT_EQ(tree.rollouts[0].answer, "1");
    } else {
      EXPECT_EQ(tree.nodes.at(1).text, "one\n");
      EXPECT_FALSE(tree.nodes[1].terminal);
    }
  }
  ScriptedPolicy leaving([](const Request&, int64_t, Rng&) { return "no idea Question: two\n#### 2"; });
  GrowSettings settings = line_settings(GrowMethod::kBreadth);
  settings.stop = {"Question:"};
  StoreWriter store(folder.path() / "leaving");
  grow_trees({problems(1), settings, leaving, store}, {});
  const steps::Tree tree = StoreReader(folder.path() / "leaving").load(0).tree;
  ASSERT_EQ(tree.nodes.size(), 2u);
  EXPECT_EQ(tree.nodes[1].text, "no idea ");
  EXPECT_TRUE(tree.nodes[1].terminal);
  settings.stop = {""};
  EXPECT_THROW(settings.validate(), Error);
}

TEST(Grow, OtherSettingsAreRefused) {
  const TemporaryFolder folder;
  ScriptedPolicy policy(lines);
  StoreWriter(folder.path() / "a");
  GrowSettings settings = line_settings(GrowMethod::kBreadth);
  {
    StoreWriter store(folder.path() / "a");
    grow_trees({problems(1), settings, policy, store}, {});
  }
  settings.temperature = 0.5;
  StoreWriter store(folder.path() / "a");
  try {
    grow_trees({problems(1), settings, policy, store}, {});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("temperature = 0.7, not 0.5"), std::string::npos) << error.what();
  }
}

TEST(GrowParity, ThePromptsOfTheAuthorsTreeSearch) {
  const auto path = reward_fixture("prompts.jsonl");
  HRM_SKIP_WITHOUT(path);
  const auto trees_path = reward_fixture("trees.jsonl");
  HRM_SKIP_WITHOUT(trees_path);
  const GrowSettings settings = faithful_settings();
  std::set<std::string> wanted;
  for (JsonlReader all(path); all.next();)
    if (all.value()["kind"] == "policy_tree") wanted.insert(all.value()["prompt"].get<std::string>());
  ASSERT_GT(wanted.size(), 50u);
  for (JsonlReader all(trees_path); all.next() && !wanted.empty();) {
    const steps::Tree tree = tree_from_json(all.value(), all.place());
    for (size_t i = 0; i < tree.nodes.size(); ++i)
      if (!tree.nodes[i].terminal)
        wanted.erase(
            steps::fill_prompt(settings, tree.problem.question, path_texts(tree, static_cast<int32_t>(i))).text);
  }
  EXPECT_TRUE(wanted.empty()) << wanted.size() << " prompts were not made, for instance:\n" << *wanted.begin();
}

TEST(ProblemFile, TheFieldsFormats) {
  const auto gold = [](std::string_view text) { return steps::problem_from_json(parse_json(text, "t"), "t").gold; };
  EXPECT_EQ(gold(R"({"question":"q","answer":"so 5*3=15\n#### 1,015"})"), "1015");
  EXPECT_EQ(gold(R"({"problem":"q","solution":"thus \\boxed{\\frac{1}{2}}."})"), "\\frac{1}{2}");
  EXPECT_EQ(gold(R"({"question":"q","gold":7})"), "7");
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "p",
                    "{\"question\":\"a\",\"answer\":\"1\"}\n{\"question\":\"a\"}\n"
                    "{\"question\":\"a\",\"answer\":\"1\"}\n");
  BadLines bad;
  EXPECT_EQ(steps::read_problems(folder.path() / "p", 0, true, bad).size(), 1u);
  EXPECT_EQ(bad.count, 1u);
  try {
    steps::read_problems(folder.path() / "p", 0, false, bad);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("line 2: field 'answer'"), std::string::npos) << error.what();
  }
}

TEST(ProblemFile, TheNamesUnderWhichProblemsArePublished) {
  const auto problem = [](std::string_view text) { return steps::problem_from_json(parse_json(text, "t"), "t"); };
  for (const char* name : {"gold", "ground_truth", "ground_truth_answer", "gold_answer", "correct_answer",
                           "reference_answer", "expected_answer", "final_answer", "answer", "solution"})
    EXPECT_EQ(problem(fmt::format(R"({{"prompt":"q","{}":"5"}})", name)).gold, "5") << name;
  EXPECT_EQ(problem(R"({"question":"q","final_answer":["5"],"solution":["Because of a reason."]})").gold, "5");
  const steps::Problem verl = problem(
      R"({"data_source":"x","prompt":[{"role":"system","content":"s"},{"role":"user","content":"2+3? Use boxes."}],)"
      R"("reward_model":{"style":"rule","ground_truth":"5"},"extra_info":{"question":"2+3?","answer":"long"}})");
  EXPECT_EQ(verl.question, "2+3?");
  EXPECT_EQ(verl.gold, "5");
  EXPECT_EQ(problem(R"({"prompt":[{"role":"user","content":"2+3?"}],"reward_model":{"ground_truth":"5"}})").question,
            "2+3?");
  EXPECT_EQ(problem(R"({"question":"q","reward_model":{"ground_truth":"[\"5\"]"}})").gold, "5");
  EXPECT_EQ(problem(R"({"question":"q","reward_model":{"ground_truth":"[1,2]"}})").gold, "[1,2]") << "an interval";
  EXPECT_EQ(problem(R"({"question":"q","answer":"6","ground_truth":"5"})").gold, "5");  // a model's answer beside it
}

TEST(ProblemFile, WhatAQuestionNeedsIsPartOfItOrRefused) {
  const auto problem = [](std::string_view text) { return steps::problem_from_json(parse_json(text, "t"), "t"); };
  EXPECT_EQ(problem(R"({"Body":"I have 2.","Question":"How many?","Answer":2.0})").question, "I have 2.\nHow many?");
  EXPECT_EQ(problem(R"({"context":null,"question":"How many?","answer":"2"})").question, "How many?");
  EXPECT_EQ(problem(R"({"ID":"2024-I-1","Problem":"1+1?","Solution":"...","Answer":2})").gold, "2");
  const auto refused = [](std::string_view text) -> std::string {
    return refusal([&] { steps::problem_from_json(parse_json(text, "t"), "t"); });
  };
  EXPECT_NE(refused(R"({"question":"One and one?","choices":["1","2"],"answer":1})")
                .find("does not contain its choices ('1')"),
            std::string::npos);
  EXPECT_NE(
      refused(R"({"question":"1+1? A. one B. two","options":["one","two"],"answer":1})").find("number of a choice"),
      std::string::npos);
  EXPECT_NE(refused(R"({"question":"q","choices":{"text":["x","y"],"label":["A","B"]},"answer":"B"})").find("('x')"),
            std::string::npos);
  EXPECT_NE(refused(R"({"question":"How long?","images":["a.png"],"answer":"2"})").find("picture"), std::string::npos);
  EXPECT_EQ(problem(R"({"question":"1+1? A. one B. two","options":["one","two"],"answer":"B","images":[]})").gold, "B");
}

TEST(ProblemFile, WhatHasTwoReadingsIsRefused) {
  const auto message = [](std::string_view text) -> std::string {
    return refusal([&] { steps::problem_from_json(parse_json(text, "t"), "t"); });
  };
  EXPECT_NE(message(R"({"question":"q","final_answer":["1","2"]})").find("has 2 answers"), std::string::npos);
  EXPECT_NE(message(R"({"question":"q","final_answer":"1","answer":"2"})").find("different answers"),
            std::string::npos);
  EXPECT_EQ(message(R"({"question":"q","final_answer":"1/2","answer":"0.5"})"), "accepted");
  EXPECT_NE(message(R"({"question":"q","solution":"We add.\nSo it is 5."})").find("add a field 'gold'"),
            std::string::npos);
  EXPECT_NE(message(R"({"question":" ","answer":"5"})").find("'question'"), std::string::npos);
  EXPECT_NE(message(R"({"prompt":[{"role":"user","content":"a"},{"role":"user","content":"b"}],"answer":"5"})")
                .find("'question'"),
            std::string::npos);
}

}  // namespace
}  // namespace hrm::tree
