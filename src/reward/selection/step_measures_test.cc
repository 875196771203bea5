// ProcessBench, PRMBench, step measures, the repair probe and pooling on small files whose numbers are known by hand.
#include "selection/step_measures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"
#include "base/testing/refused.h"
#include "selection/pool.h"
#include "selection/prmbench.h"
#include "selection/processbench.h"
#include "selection/repair_probe.h"

namespace hrm::selection {
namespace {

class StepMeasures : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    write_file_atomic(folder_.path() / name, text);
    return folder_.path() / name;
  }
  TemporaryFolder folder_;
};

double value(const MeasureReport& report, const std::vector<std::string>& keys, std::string_view measure) {
  const Estimate* found = report.find(keys, measure);
  if (!found) ADD_FAILURE() << keys.back() << " has no " << measure << "\n" << to_markdown(report);
  return found ? found->value : NAN;
}

TEST_F(StepMeasures, ProcessBenchOfAFewCases) {
  const auto bench = write("math.json", R"([{"id":"a","steps":["x","y"],"label":1},{"id":"b","steps":["x"],"label":-1},
    {"id":"c","steps":["x","y"],"label":0},{"id":"d","steps":["x"],"label":-1}])");
  const auto scores = write("scores.jsonl", R"({"id":"a","scores":{"m":[0.5,0.4]}}
{"id":"b","scores":{"m":[0.9]}}
{"id":"c","scores":{"m":[0.6,0.1]}}
{"id":"d","scores":{"m":[0.3]}}
{"id":"of another file","scores":{"m":[0.3]}})");
  const FirstErrorData data = read_processbench({.solutions = bench, .scores = scores});
  EXPECT_EQ(data.name, "math");
  const MeasureReport at_half = processbench({data}, {.oracle = true, .draws = 50});
  EXPECT_EQ(value(at_half, {"m", "math", "given"}, "error"), 0.5);  // 0.5 is not below 0.5
  EXPECT_EQ(value(at_half, {"m", "math", "given"}, "correct"), 0.5);
  EXPECT_EQ(value(at_half, {"m", "math", "given"}, "f1"), 0.5);
  // Above 0.4 and up to 0.5: a is found. No threshold finds c and keeps the rest; the lowest of the best counts.
  EXPECT_EQ(value(at_half, {"m", "math", "oracle"}, "threshold"), 0.41);
  const MeasureReport both = processbench({data, data}, {.calibrate = &data, .draws = 50});
  EXPECT_EQ(value(both, {"m", "mean of subsets", "calibration"}, "f1"), 0.5);
  FirstErrorData all_wrong = data;
  std::erase_if(all_wrong.cases, [](const FirstErrorCase& one) { return one.label < 0; });
  expect_refused([&] { processbench({data}, {.calibrate = &all_wrong, .draws = 50}); }, "both kinds");
  EXPECT_EQ(first_below(std::vector{1.0, 2.0}, 1.0), -1);
  expect_refused([&] { read_processbench({.solutions = bench}); }, "'scores' is missing");
  expect_refused([&] { read_processbench({.solutions = bench, .scores = scores, .scorers = {"n"}}); }, "by 'n'");
  const auto wrong = write("wrong.json", R"([{"id":"a","steps":["x","y"],"label":2}])");
  expect_refused([&] { read_processbench({.solutions = wrong, .scores = scores}); }, "'label' = 2");
  const auto other = write("other.json", R"([{"id":"e","steps":["x"],"label":0},{"id":"b","steps":["x"],"label":-1}])");
  expect_refused([&] { read_processbench({.solutions = other, .scores = scores}); }, "'e' has no scores");
  EXPECT_EQ(read_processbench({.solutions = other, .scores = scores, .skip_bad = true}).bad.count, 1u);
}

TEST_F(StepMeasures, PrmBenchCountsAsPublished) {
  const auto bench =
      write("prm.jsonl",
            R"({"idx":"q","classification":"circular","modified_process":["a","b","c"],"error_steps":[2,9]}
{"idx":"q","classification":"circular","modified_process":["other"],"error_steps":[]}
{"idx":"q","classification":"multi_solutions","modified_process":["a","b"],"error_steps":[]})");
  const auto scores = write("scores.jsonl", R"({"id":"circular_q","scores":{"m":[0.5,0.6,0.2]}}
{"id":"multi_solutions_q","scores":{"m":[0.9,0.1]}})");
  const PrmBenchData data = read_prmbench({.solutions = bench, .scores = scores});
  EXPECT_EQ(data.cases.size(), 2u);
  EXPECT_EQ(data.repeats, 1u);
  EXPECT_EQ(data.past_end, 1u);
  const MeasureReport report = prmbench(data, {.draws = 20});
  EXPECT_EQ(value(report, {"m", "circular"}, "f1"), 0.5);  // tp 1, fp 1, fn 1
  EXPECT_EQ(value(report, {"m", "circular"}, "negative_f1"), 0);
  EXPECT_EQ(value(report, {"m", "circular"}, "prm_score"), 0.25);
  EXPECT_EQ(value(report, {"m", "simplicity"}, "prm_score"), 0.25);
  EXPECT_NEAR(value(report, {"m", "multi_solutions"}, "f1"), 2.0 / 3, 1e-12);
  EXPECT_EQ(report.find({"m", "multi_solutions"}, "prm_score"), nullptr);
  EXPECT_NEAR(value(report, {"m", "overall"}, "f1"), 4.0 / 7, 1e-12);  // tp 2, fp 1, fn 2
  EXPECT_EQ(prm_score({.tp = 3, .tn = 1}), 1);
}

constexpr const char* kSolved =
    R"({"id":"p","candidates":[
{"steps":["a","slip","!fix"],"on_track":[true,false,true],"scores":{"good":[0.9,0.1,0.8],"bad":[0.9,0.5,0.2]}},
{"steps":["a","slip","on"],"on_track":[true,false,false],"scores":{"good":[0.9,0.1,0.0],"bad":[0.9,0.5,0.2]}}]})";
std::string on_one_line(std::string text) {
  std::erase(text, '\n');
  return text;
}

TEST_F(StepMeasures, StepsAgainstTheTruth) {
  const auto file = write("solved.jsonl", on_one_line(kSolved));
  const JudgedData data = read_judged({.solutions = file});
  ASSERT_EQ(data.scorers, (std::vector<std::string>{"bad", "good"}));
  const MeasureReport report = step_measures(data, {.draws = 20});
  EXPECT_EQ(value(report, {"good"}, "auc"), 1);
  EXPECT_EQ(value(report, {"good"}, "accuracy"), 1);
  EXPECT_NEAR(value(report, {"good"}, "brier"), (3 * 0.01 + 0.04 + 0.01) / 6, 1e-12);
  EXPECT_NEAR(value(report, {"good"}, "ece"), (2 * 0.1 + 2 * 0.1 + 0.2) / 6, 1e-12);
  EXPECT_NEAR(value(report, {"bad"}, "auc"), (6 + 1 * 0.5) / 9, 1e-12);
  EXPECT_NEAR(value(report, {"bad"}, "accuracy"), 3.0 / 6, 1e-12);
  EXPECT_TRUE(report.plots.contains("reliability.svg"));
  write_report(folder_.path() / "out", report);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "out/reliability.svg"));
  const auto other = write("other.jsonl", R"({"id":"a","labels":[true,null,0],"scores":[3,2,-1]})");
  const MeasureReport raw =
      step_measures(read_judged({.solutions = other}, {.truth = TruthField::kLabels}), {.draws = 20});
  EXPECT_EQ(raw.find({"scores"}, "ece"), nullptr);
  EXPECT_EQ(raw.find({"scores"}, "auc")->n, 2u);
  expect_refused([&] { read_judged({.solutions = other}, {.truth = TruthField::kValid}); }, "expected 'valid'");
  const auto few = write("few.jsonl", R"({"id":"a","labels":[true],"scores":[3,2]})");
  expect_refused([&] { read_judged({.solutions = few}); }, "2 flags");
}

TEST_F(StepMeasures, DomainsHaveRowsOfTheirOwn) {
  const auto file = write("domains.jsonl", R"({"id":"a","domain":"law","labels":[1,0],"scores":{"m":[0.9,0.2]}}
{"id":"b","domain":"law","labels":[1,null],"scores":{"m":[0.7,0.1]}}
{"id":"c","domain":"art","candidates":[{"labels":[0,1],"scores":{"m":[0.8,0.6]}},)"
                                           R"({"domain":"law","labels":[0],"scores":{"m":[0.3]}}]}
{"id":"d","labels":[true],"scores":{"m":[0.1]}}
{"id":"e","domain":7,"labels":[null],"scores":{"m":[0.1]}})");
  const MeasureReport report = step_measures(read_judged({.solutions = file}), {.draws = 20});
  EXPECT_EQ(report.keys, (std::vector<std::string>{"scorer", "domain"}));
  std::vector<std::string> domains;
  for (const MeasureRow& row : report.rows) domains.push_back(row.keys.at(1));
  EXPECT_EQ(domains, (std::vector<std::string>{"(all)", "(none)", "art", "law"})) << "7 has no labeled step";
  EXPECT_EQ(value(report, {"m", "law"}, "auc"), 1);
  EXPECT_EQ(value(report, {"m", "law"}, "accuracy"), 1);
  EXPECT_EQ(report.find({"m", "law"}, "accuracy")->n, 4u);
  EXPECT_EQ(value(report, {"m", "art"}, "auc"), 0);
  EXPECT_EQ(value(report, {"m", "(none)"}, "accuracy"), 0);
  EXPECT_EQ(report.find({"m", "(none)"}, "auc"), nullptr) << "one class only";
  EXPECT_EQ(report.find({"m", "(all)"}, "accuracy")->n, 7u);
  EXPECT_NEAR(value(report, {"m", "(all)"}, "accuracy"), 5.0 / 7, 1e-12);
  const MeasureReport other = step_measures(read_judged({.solutions = file}, {.by = "id"}), {.draws = 20});
  EXPECT_EQ(value(other, {"m", "a"}, "accuracy"), 1);
  expect_refused([&] { read_judged({.solutions = file}, {.by = "topic", .need_by = true}); }, "'topic'");
  EXPECT_EQ(step_measures(read_judged({.solutions = file}, {.by = "topic"}), {.draws = 20}).keys.size(), 1u);
  const auto odd = write("odd.jsonl", R"({"id":"a","domain":["x"],"labels":[1],"scores":{"m":[0.9]}})");
  expect_refused([&] { read_judged({.solutions = odd}); }, "'domain'");
}

TEST_F(StepMeasures, LabelsOfAnotherFormComeFromTheCaller) {
  const auto file = write("forms.jsonl", R"({"id":"a","labels":[1,0],"scores":[0.9,0.2]}
{"id":"b","labels":["+","-"],"scores":[0.9,0.2]}
{"id":"c","error":1,"steps":[{"text":"x"},{"text":"y"}],"scores":[0.9,0.2]})");
  std::vector<std::string> asked;
  JudgedOptions options{.other = [&](const Json& record, const std::string&) {
    asked.push_back(record["id"]);
    return std::vector<std::optional<bool>>{true, std::nullopt};
  }};
  const JudgedData data = read_judged({.solutions = file}, options);
  EXPECT_EQ(asked, (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(data.solutions[0].right[1], false);
  EXPECT_EQ(data.solutions[2].right[1], std::nullopt);
  asked.clear();
  options.only_other = true;
  read_judged({.solutions = file}, options);
  EXPECT_EQ(asked.size(), 3u);
  options.other = [](const Json&, const std::string&) { return std::vector<std::optional<bool>>(3, true); };
  expect_refused([&] { read_judged({.solutions = file}, options); }, "3 steps with labels, but 2 scores");
}

TEST_F(StepMeasures, RepairProbe) {
  const auto file = write("solved.jsonl", on_one_line(kSolved));
  const MeasureReport report = repair_probe(read_judged({.solutions = file}), {.draws = 20});
  EXPECT_EQ(value(report, {"good", "repairs called right"}, "rate"), 1);
  EXPECT_EQ(value(report, {"good", "stays wrong called right"}, "rate"), 0);
  EXPECT_EQ(value(report, {"bad", "repairs called right"}, "rate"), 0);
  EXPECT_EQ(value(report, {"bad", "breaks called right"}, "rate"), 1);
  EXPECT_EQ(value(report, {"good", "repair above the wrong step before"}, "rate"), 1);
  EXPECT_EQ(value(report, {"bad", "repair above the wrong step before"}, "rate"), 0);
  EXPECT_EQ(value(report, {"bad", "break below the right step before"}, "rate"), 1);
  EXPECT_EQ(value(report, {"good", "matched: repairs over stays wrong"}, "rate"), 1);
  EXPECT_EQ(value(report, {"bad", "matched: repairs over stays wrong"}, "rate"), 0.5);
  EXPECT_EQ(report.find({"good", "breaks called right"}, "rate")->n, 2u);
  // Of a probe only the step that it is about.
  std::string probe = on_one_line(kSolved);
  for (size_t at = 0; (at = probe.find("\"steps\"", at)) != std::string::npos; at += 40)
    probe.insert(at, R"("case":"c","probe_step":2,)");
  const auto probes = write("probe.jsonl", probe);
  const MeasureReport some = repair_probe(read_judged({.solutions = probes}), {.draws = 20});
  EXPECT_EQ(some.find({"good", "breaks called right"}, "rate"), nullptr);
  EXPECT_EQ(value(some, {"good", "matched: c over c"}, "rate"), 1);
  const auto right = write("right.jsonl", R"({"id":"a","on_track":[true],"scores":[1]})");
  expect_refused([&] { repair_probe(read_judged({.solutions = right}), {}); }, "follows a wrong");
}

TEST_F(StepMeasures, RunsArePooled) {
  const auto run = [](const std::string& source, double prm, double hierarchical, double threshold) {
    MeasureReport report{.title = "T", .settings = {{"seed", threshold}, {"same", 1}}};
    report.keys = {"scorer", "probe"};
    report.measures = {"rate", "threshold"};
    report.rows = {{{"prm", "x"}, {exactly(prm), exactly(threshold)}},
                   {{"hierarchical", "x"}, {exactly(hierarchical), std::nullopt}}};
    return PooledRun{source, to_json(report)};
  };
  const std::vector<PooledRun> runs = {run("1", 0.4, 0.5, 0.1), run("2", 0.6, 0.7, 0.2), run("3", 0.5, 0.6, 0.3)};
  const MeasureReport pooled = pool_runs(runs, {.against = "prm"});
  EXPECT_NEAR(value(pooled, {"prm", "x"}, "rate"), 0.5, 1e-12);
  EXPECT_NEAR(pooled.find({"prm", "x"}, "rate")->interval.high, 0.5 + 4.30265 * 0.1 / std::sqrt(3.0), 1e-5);
  EXPECT_EQ(pooled.find({"hierarchical", "x"}, "threshold"), nullptr);
  EXPECT_NEAR(value(pooled, {"hierarchical - prm", "x"}, "rate"), 0.1, 1e-12);
  EXPECT_NEAR(pooled.find({"hierarchical - prm", "x"}, "rate")->interval.low, 0.1, 1e-9);
  EXPECT_EQ(pooled.settings.at("different_between_runs"), Json({"seed"}));
  EXPECT_EQ(pooled.settings.at("same"), 1);
  // A report of best-of-N: rows differ by N.
  SelectionReport selection{.title = "Best-of-N", .problems = {"a", "b"}};
  selection.rows = {outcome_row("best", 1, {1, 0}), outcome_row("best", 2, {1, 1})};
  const MeasureReport of_n = pool_runs({{"1", to_json(selection)}, {"2", to_json(selection)}}, {});
  EXPECT_EQ(value(of_n, {"best", "2"}, "accuracy"), 1);
  expect_refused([&] { pool_runs({runs[0]}, {}); }, "at least two");
  expect_refused([&] { pool_runs({runs[0], {"x", Json::array()}}, {}); }, "x: is not a report.json");
  expect_refused([&] { pool_runs({runs[0], {"x", to_json(selection)}}, {}); }, "one kind");
  expect_refused([&] { pool_runs(runs, {.against = "orm"}); }, "--against orm");
}

}  // namespace
}  // namespace hrm::selection
