#include "selection/process_bench.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"
#include "selection/record_fields.h"

namespace hrm::selection {
namespace {

const std::vector<FirstErrorCase> kCases = {{.label = 1, .scores = {0.9, 0.2, 0.1}},  // found below 0.9
                                            {.label = 0, .scores = {0.6, 0.1}},       // found above 0.6
                                            {.label = -1, .scores = {0.9, 0.5}},      // right up to 0.5
                                            {.label = -1, .scores = {0.95, 0.7}}};

TEST(ProcessBench, ByHand) {
  const FirstErrorResult half = first_errors(kCases, 0.5);  // a score equal to the threshold is not below it
  EXPECT_EQ(half.error.value, 0.5);
  EXPECT_EQ(half.correct.value, 1);
  EXPECT_DOUBLE_EQ(half.f1, 2.0 / 3);
  const FirstErrorResult high = first_errors(kCases, 0.7);
  EXPECT_EQ(high.error.value, 1);
  EXPECT_EQ(high.correct.value, 0.5);
  EXPECT_EQ(first_errors(kCases, 0).f1, 0);
}

TEST(ProcessBench, TheLowestOfTheBestThresholds) {
  EXPECT_EQ(best_threshold(kCases), 0.21);  // 0.21 to 0.50 and 0.61 to 0.70 give 2/3
  const Interval interval = f1_interval(kCases, 0.5, 1);
  EXPECT_LE(interval.low, 2.0 / 3);
  EXPECT_GE(interval.high, 2.0 / 3);
}

class ProcessBenchFiles : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& text) {
    const auto path = std::filesystem::path(testing::TempDir()) / ("process_bench_" + name);
    write_file_atomic(path, text);
    return path;
  }
  void expect_refused(const std::string& benchmark, const std::string& scores, const std::string& part) {
    try {
      read_first_errors({.benchmark = file("b.jsonl", benchmark),
                         .scores = scores.empty() ? std::filesystem::path() : file("s.jsonl", scores)});
      ADD_FAILURE() << "accepted: " << benchmark;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
};

TEST_F(ProcessBenchFiles, ScoresInOneFileOrTwo) {
  const std::string bench = R"({"id":"a","steps":["x","y"],"label":1})";
  const auto two = read_first_errors({.benchmark = file("b.jsonl", bench),
                                      .scores = file("s.jsonl", R"({"id":"a","scores":{"m":[1,0],"n":[0,1]}})"),
                                      .scorers = {"m"}});
  ASSERT_EQ(two.by_scorer.size(), 1u);
  EXPECT_EQ(two.by_scorer.at("m").at(0).label, 1);
  const auto one = read_first_errors({.benchmark = file("c.jsonl", R"({"id":"a","label":-1,"scores":{"m":[1,0]}})")});
  EXPECT_EQ(one.by_scorer.at("m").at(0).label, -1);
}

TEST_F(ProcessBenchFiles, FaultsAreNamed) {
  const std::string bench = R"({"id":"a","steps":["x","y"],"label":1})";
  expect_refused(bench, R"({"id":"b","scores":{"m":[1,0]}})", "'a' has no scores in");
  expect_refused(bench, R"({"id":"a","scores":{"m":[1]}})", "1 scores by 'm', but 2 steps");
  expect_refused(R"({"id":"a","label":2,"scores":{"m":[1,0]}})", "", "field 'label' is 2, expected -1 to 1");
  expect_refused(R"({"id":"a","scores":{"m":[1,0]}})", "", "field 'label' is missing");
  expect_refused("{\"id\":\"a\",\"label\":0,\"scores\":{\"m\":[1]}}\n{\"id\":\"b\",\"label\":0,\"scores\":{\"n\":[1]}}",
                 "", "line 2: no scores by 'm'");
}

TEST(ProcessBenchParity, EveryScoreSetAndSubset) {
  const auto fixtures = shared_folder() / "fixtures" / "reward", data = shared_folder() / "data" / "math";
  HRM_SKIP_WITHOUT(fixtures / "processbench.json");
  HRM_SKIP_WITHOUT(data);
  const Json expected = read_json(fixtures / "processbench.json");
  size_t sets = 0;
  for (JsonlReader lines(fixtures / "processbench_scores.jsonl.zst"); lines.next(); ++sets) {
    const std::string name = lines.value().at("scores"), subset = lines.value().at("subset");
    SCOPED_TRACE(name + " " + subset);
    const std::vector<std::string> ids = lines.value().at("ids");
    std::map<std::string, int64_t> labels;
    for_each_record(open_records(data / fmt::format("processbench_{}.json.zst", subset), false),
                    [&](const Json& record, const std::string&) { labels[record.at("id")] = record.at("label"); });
    std::vector<FirstErrorCase> cases;
    for (size_t i = 0; i < ids.size(); ++i)
      cases.push_back({.label = labels.at(ids[i]), .scores = lines.value().at("values").at(i)});
    const Json& golden = expected.at(name).at(subset);
    const auto compare = [&](const Json& numbers, double threshold) {
      const FirstErrorResult mine = first_errors(cases, threshold);
      EXPECT_EQ(threshold, numbers.at("threshold").get<double>());
      EXPECT_NEAR(mine.error.value, numbers.at("error").get<double>(), 1e-12);
      EXPECT_NEAR(mine.correct.value, numbers.at("correct").get<double>(), 1e-12);
      EXPECT_NEAR(mine.f1, numbers.at("f1").get<double>(), 1e-12);
    };
    for (const Json& at : golden.at("at")) compare(at, at.at("threshold"));
    compare(golden.at("best_of_grid"), best_threshold(cases));
  }
  EXPECT_GT(sets, 0u);
}

}  // namespace
}  // namespace hrm::selection
