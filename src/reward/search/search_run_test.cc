#include "search/search_run.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/signals.h"
#include "base/testing/refused.h"
#include "search/testing/known_answers.h"
#include "selection/best_of_n.h"
#include "selection/compare.h"

namespace hrm::search {
namespace {

using policy::PolicyFault;
using policy::Request;
using policy::ScriptedPolicy;

class SearchRunTest : public testing::Test {
 protected:
  SearchRunTest() {
    settings_.method = {SearchMethod::kBestOfN, SearchMethod::kStepGreedy, SearchMethod::kBeam, SearchMethod::kDvts};
    settings_.n = {2, 4};
    settings_.width = 2;
    for (int64_t i = 0; i < 7; ++i) {
      const std::string number = std::to_string(i);
      problems_.push_back({i, {"p" + number, "question " + number, "6666"}});
    }
  }

  SearchRunReport run(const std::string& name, ScriptedPolicy& policy, int64_t in_flight) {
    return search_problems({problems_, settings_, policy, scorer_}, {.out = file(name), .in_flight = in_flight});
  }
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }

  // Its lines without what depends on the clock.
  std::string text(const std::string& name) const {
    std::string all;
    for (JsonlReader lines(file(name)); lines.next();) {
      Json record = lines.value();
      record["greedy"].erase("seconds");
      for (const char* list : {"candidates", "searches"})
        for (Json& each : record[list]) each.erase("seconds");
      all += printable(record) + "\n";
    }
    return all;
  }

  TemporaryFolder folder_;
  SearchSettings settings_ = letter_settings();
  std::vector<steps::ProblemRecord> problems_;
  LetterScorer scorer_{[](const std::string& way) { return static_cast<double>(way.back() - 'a') / 5; }};
};

TEST_F(SearchRunTest, TheSameFileAtAnyConcurrency) {
  settings_.method.push_back(SearchMethod::kParticles);
  ScriptedPolicy policy(random_letters(), {.delay_seconds = 0.0005});
  const SearchRunReport report = run("one", policy, 1);
  EXPECT_EQ(report.finished, 7);
  EXPECT_EQ(report.failed, 0);
  run("many", policy, 8);
  EXPECT_GT(policy.most_at_once(), 1);
  EXPECT_EQ(text("many"), text("one"));
  EXPECT_EQ(read_file(file("one.meta.json")), read_file(file("many.meta.json")));
}

TEST_F(SearchRunTest, SelectionReadsWhatItWrote) {
  ScriptedPolicy policy(random_letters());
  run("out", policy, 4);
  selection::SampledSolutions solutions = selection::read_solutions(file("out"));
  ASSERT_EQ(solutions.problems.size(), 7u);
  EXPECT_EQ(solutions.problems[0].candidates.size(), 4u);
  EXPECT_EQ(solutions.searches.size(), 6u);
  EXPECT_EQ(solutions.searches[0], (selection::SearchKey{"step-greedy", "letters", "last", 2}));
  const selection::SelectionReport report = best_of_n(solutions, {.aggregations = {selection::Aggregation::kLast}});
  for (const char* name : {"greedy", "majority", "pass@N", "best letters/last", "step-greedy letters/last",
                           "beam letters/last", "dvts letters/last"}) {
    const selection::ReportRow* row = report.find(name, 4);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_EQ(row->outcomes.size(), 7u);
    EXPECT_EQ(row->search, row->method == "beam" || row->method == "dvts" || row->method == "step-greedy");
  }
  // Five requests of 4: four letters of one word and the answer of two.
  const selection::Cost& cost = report.find("step-greedy letters/last", 4)->cost;
  EXPECT_EQ(cost.generated_tokens, 4 * 4 + 4 * 2);
  EXPECT_LE(cost.scored_tokens, 4 * 4 + 1);
  EXPECT_EQ(report.rows.back().n, 4u);
  EXPECT_EQ(compare_all(report, "majority", 4, {.draws = 100}).size(), 9u);
  write_report(file("report"), report);
  for (const char* name : {"report.md", "accuracy-best-last.svg", "accuracy-search-last.svg", "tokens-search-last.svg"})
    EXPECT_TRUE(std::filesystem::exists(file("report") / name)) << name;
}

// Says of each token of choice i that its log-probability is -1 - i.
class SurePolicy final : public policy::Policy {
 public:
  policy::Reply complete(const Request& request) override {
    policy::Reply reply = policy_.complete(request);
    if (auto* response = std::get_if<policy::Response>(&reply); response && request.logprobs)
      for (size_t i = 0; i < response->choices.size(); ++i)
        response->choices[i].logprobs.assign(3, -1.0F - static_cast<float>(i));
    return reply;
  }
  std::string name() const override { return "sure"; }

 private:
  ScriptedPolicy policy_{random_letters()};
};

TEST_F(SearchRunTest, SamplesTellHowSureThePolicyWas) {
  SurePolicy policy;
  const auto search = [&](const char* name) {
    search_problems({problems_, settings_, policy, scorer_}, {.out = file(name)});
    return selection::read_solutions(file(name));
  };
  selection::SampledSolutions plain = search("plain");
  EXPECT_FALSE(plain.problems[0].candidates[0].confidence[0].has_value());
  EXPECT_EQ(best_of_n(plain, {}).find("best mean_logprob", 4), nullptr);
  EXPECT_FALSE(read_json(file("plain.meta.json")).contains("logprobs"));
  settings_.logprobs = true;
  selection::SampledSolutions sure = search("sure");
  EXPECT_EQ(sure.problems[0].candidates[1].confidence[0], -2);
  const selection::SelectionReport report = best_of_n(sure, {});
  std::vector<double> first;  // the first sample of each problem is the surest
  for (const selection::SampledProblem& problem : sure.problems) first.push_back(problem.candidates[0].correct);
  ASSERT_NE(report.find("best mean_logprob", 4), nullptr);
  EXPECT_EQ(report.find("best mean_logprob", 4)->outcomes, first);
  settings_.logprobs = false;
  expect_refused([&] { search("sure"); }, "was made with logprobs = true, not nothing");
}

TEST_F(SearchRunTest, SearchesWithoutSamples) {
  settings_.method = {SearchMethod::kBeam};
  settings_.samples = false;
  ScriptedPolicy policy(random_letters());
  run("out", policy, 4);
  selection::SampledSolutions solutions = selection::read_solutions(file("out"));
  const selection::SelectionReport report = best_of_n(solutions, {});
  EXPECT_EQ(report.rows.size(), 4u);
  EXPECT_NE(report.find("greedy", 2), nullptr);
  EXPECT_NE(report.find("beam letters/last", 4), nullptr);
  EXPECT_EQ(best_of_n(solutions, {.n = {4}}).rows.size(), 2u);
  EXPECT_THROW(best_of_n(solutions, {.n = {3}}), Error);
}

TEST_F(SearchRunTest, WhatIsFinishedIsNotAskedAgain) {
  ScriptedPolicy policy(random_letters());
  const auto all = problems_;
  problems_.resize(4);
  run("out", policy, 4);
  const int64_t calls = policy.calls();
  EXPECT_EQ(run("out", policy, 4).kept, 4);
  EXPECT_EQ(policy.calls(), calls);
  problems_ = all;
  const SearchRunReport report = run("out", policy, 4);
  EXPECT_EQ(report.kept, 4);
  EXPECT_EQ(report.finished, 7);
  EXPECT_FALSE(report.torn);
  run("whole", policy, 4);
  EXPECT_EQ(text("out"), text("whole"));
  // A line cut short by a crash, wherever.
  const std::string bytes = read_file(file("out"));
  for (const size_t cut : {bytes.size() - 1, bytes.size() - 20, bytes.size() / 2, size_t{10}}) {
    write_file_atomic(file("out"), std::string_view(bytes).substr(0, cut));
    EXPECT_TRUE(run("out", policy, 4).torn);
    EXPECT_EQ(text("out"), text("whole"));
  }
}

TEST_F(SearchRunTest, FailedProblemsAreLeftOutUntilTheyAreTriedAgain) {
  ScriptedPolicy sound(random_letters());
  run("sound", sound, 4);
  ScriptedPolicy shaky(random_letters(), {.fault = [](const Request&, int64_t call) {
                         return call % 17 == 3 ? std::optional(PolicyFault{"down"}) : std::nullopt;
                       }});
  SearchRunReport report = run("shaky", shaky, 4);
  EXPECT_GT(report.failed, 0);
  EXPECT_EQ(report.failed + report.finished, 7);
  EXPECT_NE(report.last_fault.find("down"), std::string::npos);
  ScriptedPolicy mended(random_letters());
  report = run("shaky", mended, 4);
  EXPECT_EQ(report.failed, 0);
  EXPECT_EQ(text("shaky"), text("sound"));
}

TEST_F(SearchRunTest, ADeadPolicyIsGivenUp) {
  problems_.clear();
  for (int64_t i = 0; i < 500; ++i) problems_.push_back({i, {std::to_string(i), "question", "6666"}});
  ScriptedPolicy dead(random_letters(), {.fault = [](const Request&, int64_t) { return PolicyFault{"down"}; }});
  const SearchRunReport report = run("dead", dead, 2);
  EXPECT_TRUE(report.gave_up);
  EXPECT_LT(dead.calls(), 60);
  EXPECT_EQ(report.finished, 0);
}

TEST_F(SearchRunTest, AnInterruptStopsAndTheSearchGoesOn) {
  ScriptedPolicy policy(random_letters());
  run("whole", policy, 2);
  {
    const InterruptScope scope;
    ScriptedPolicy stopping(random_letters(), {.fault = [](const Request&, int64_t call) -> std::optional<PolicyFault> {
                              if (call == 70) request_interrupt();
                              return std::nullopt;
                            }});
    const SearchRunReport report = run("stopped", stopping, 2);
    EXPECT_TRUE(report.interrupted);
    EXPECT_EQ(report.failed, 0) << "what was not tried has not failed";
    EXPECT_LT(report.finished, 7);
    EXPECT_LE(stopping.calls(), 73);
  }
  run("stopped", policy, 2);
  EXPECT_EQ(text("stopped"), text("whole"));
}

TEST_F(SearchRunTest, OtherSettingsAndOtherFilesAreRefused) {
  ScriptedPolicy policy(random_letters());
  run("out", policy, 4);
  const auto refused = [&](const std::string& name, const std::string& part) {
    hrm::expect_refused([&] { run(name, policy, 4); }, {part});
  };
  settings_.width = 3;
  refused("out", "width = 2, not 3");
  settings_.width = 2;
  problems_[0].problem.gold = "x";
  refused("out", "problem 'p0'");
  problems_[1].problem.id = "p2";
  refused("new", "two problems have the id 'p2'");
  write_file_atomic(file("other"), "{\"id\": 1}\n");
  refused("other", "was not written by a search");
}

}  // namespace
}  // namespace hrm::search
