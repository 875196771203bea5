// The reference's selections, accuracies and ProcessBench numbers, from the published scores (fixtures/reward).
#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "base/testing/paths.h"
#include "formats/jsonl.h"
#include "formats/npy.h"
#include "formats/zst.h"
#include "selection/best_of_n.h"
#include "selection/pick.h"
#include "selection/prmbench.h"
#include "selection/processbench.h"

namespace hrm::selection {
namespace {

const auto kFixtures = shared_folder() / "fixtures/reward";
const auto kData = shared_folder() / "data/math";

HostTensor load_compressed_npy(const std::filesystem::path& path) {
  const std::string bytes = read_maybe_zst(path);
  return parse_npy(std::as_bytes(std::span(bytes)), path.string());
}

SampledSolutions read_published() {
  return read_solutions(kData / "bon_gsm8k_500x32.jsonl.zst",
                        {.scores = kData / "bon_gsm8k_prm_step_scores.jsonl.zst"});
}

TEST(SelectionParity, AccuraciesOfEveryModel) {
  HRM_SKIP_WITHOUT(kFixtures);
  const Json wanted = parse_json(read_maybe_zst(kFixtures / "bon.json"), "bon.json");
  SampledSolutions solutions = read_published();
  EXPECT_EQ(solutions.problems.size(), wanted.at("problems").get<size_t>());
  std::vector<std::string> models = wanted.at("prm");
  std::ranges::sort(models);
  EXPECT_EQ(solutions.scorers, models);
  const SelectionReport report = best_of_n(solutions, {.n = wanted.at("n"), .match = AnswerMatch::kExact});
  const auto check = [&](const std::string& name, uint64_t n, double accuracy) {
    const ReportRow* row = report.find(name, n);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_NEAR(row->accuracy.value, accuracy, 1e-12) << name << ", N = " << n;
  };
  size_t checked = 0;
  for (const auto& [n_text, by_method] : wanted.at("accuracy").items())
    for (const auto& [method, value] : by_method.items()) {
      const uint64_t n = std::stoull(n_text);
      if (value.is_number()) {
        check(method == "any" ? "any of the first N" : method == "mean" ? "one sample" : method, n, value);
        ++checked;
        continue;
      }
      for (const auto& [how, by_pick] : value.items())
        for (const auto& [pick, accuracy] : by_pick.items()) {
          check(fmt::format("{} {}/{}", pick, method, how == "prod" ? "product" : how), n, accuracy);
          ++checked;
        }
    }
  EXPECT_EQ(checked, 6u * (3 + 7 * 4 * 2));
}

TEST(SelectionParity, EverySelectedSample) {
  HRM_SKIP_WITHOUT(kFixtures);
  const Json summary = parse_json(read_maybe_zst(kFixtures / "bon.json"), "bon.json");
  const SampledSolutions solutions = read_published();
  const HostTensor selected = load_compressed_npy(kFixtures / "bon_selected.npy.zst");
  const HostTensor majority = load_compressed_npy(kFixtures / "bon_majority.npy.zst");
  const std::vector<uint64_t> budgets = summary.at("n");
  const std::vector<std::string> models = summary.at("prm"), aggregations = summary.at("aggregation");
  ASSERT_EQ(selected.shape(), (Shape{std::ssize(budgets), std::ssize(models), std::ssize(aggregations), 2,
                                     std::ssize(solutions.problems)}));
  size_t at = 0, different = 0;
  for (size_t n = 0; n < budgets.size(); ++n) {
    const auto cut = [&](auto& all) { return std::span(all).first(budgets[n]); };
    for (size_t p = 0; p < solutions.problems.size(); ++p) {
      const auto groups = group_answers(solutions.problems[p], AnswerMatch::kExact);
      different +=
          std::to_integer<size_t>(majority.bytes()[n * solutions.problems.size() + p]) != pick_by_vote(cut(groups), {});
    }
    for (const std::string& model : models) {
      const auto scorer = static_cast<size_t>(std::ranges::find(solutions.scorers, model) - solutions.scorers.begin());
      for (const std::string& how : aggregations)
        for (const bool weighted : {false, true})
          for (const SampledProblem& problem : solutions.problems) {
            std::vector<double> values;
            for (const Candidate& candidate : problem.candidates)
              values.push_back(aggregate(candidate.scores[scorer],
                                         parse_enum<Aggregation>(how == "prod" ? "product" : how, "bon.json")));
            const auto groups = group_answers(problem, AnswerMatch::kExact);
            const size_t picked = weighted ? pick_by_vote(cut(groups), cut(values)) : pick_best(cut(values));
            different += std::to_integer<size_t>(selected.bytes()[at++]) != picked;
          }
    }
  }
  EXPECT_EQ(at, selected.bytes().size());
  EXPECT_EQ(different, 0u);
}

TEST(SelectionParity, ChoiceOfAStep) {
  HRM_SKIP_WITHOUT(kFixtures);
  size_t count = 0;
  for (JsonlReader lines(kFixtures / "step_choice.jsonl.zst"); lines.next(); ++count) {
    const std::vector<double> scores = lines.value().at("scores");
    const std::vector<std::string> texts = lines.value().at("texts");
    EXPECT_EQ(texts[choose_step(scores, texts)], lines.value().at("chosen").get<std::string>()) << lines.place();
  }
  EXPECT_GT(count, 0u);
}

TEST(SelectionParity, ProcessBenchNumbers) {
  HRM_SKIP_WITHOUT(kFixtures);
  const Json wanted = parse_json(read_maybe_zst(kFixtures / "processbench.json"), "processbench.json");
  const TemporaryFolder folder;
  size_t checked = 0, sets = 0;
  for (JsonlReader lines(kFixtures / "processbench_scores.jsonl.zst"); lines.next(); ++sets) {
    const std::string name = lines.value().at("scores"), subset = lines.value().at("subset");
    const auto ids = lines.value().at("ids").get<std::vector<std::string>>();
    const auto values = lines.value().at("values").get<std::vector<std::vector<double>>>();
    const auto scores = folder.path() / "scores.jsonl";
    {
      JsonlOutput writer(scores);
      for (size_t i = 0; i < ids.size(); ++i)
        writer.write(with_step_scores({}, {.id = ids[i], .by_scorer = {{name, values[i]}}}));
      writer.finish();
    }
    const FirstErrorData data =
        read_processbench({.solutions = kData / ("processbench_" + subset + ".json.zst"), .scores = scores});
    ASSERT_EQ(data.cases.size(), ids.size());
    const auto check = [&](const Json& at) {
      const FirstErrorRates rates = first_error_rates(data.cases, 0, at.at("threshold"));
      EXPECT_NEAR(rates.error, at.at("error").get<double>(), 1e-12) << name << " " << subset << at;
      EXPECT_NEAR(rates.correct, at.at("correct").get<double>(), 1e-12) << name << " " << subset << at;
      EXPECT_NEAR(rates.f1, at.at("f1").get<double>(), 1e-12) << name << " " << subset << at;
      ++checked;
    };
    const Json& numbers = wanted.at(name).at(subset);
    for (const Json& at : numbers.at("at")) check(at);
    check(numbers.at("best_of_grid"));
    EXPECT_EQ(best_threshold(data.cases, 0), numbers.at("best_of_grid").at("threshold").get<double>());
  }
  EXPECT_GT(sets, 0u);
  EXPECT_GE(checked, 4 * sets);
}

// The published counts of PRMBench, and a scorer that knows the truth.
TEST(SelectionParity, PrmBenchRecords) {
  const auto file = kData / "prmbench_classified.jsonl.zst";
  HRM_SKIP_WITHOUT(file);
  const TemporaryFolder folder;
  const auto scores = folder.path() / "scores.jsonl";
  {
    JsonlOutput writer(scores);
    std::set<std::string> seen;
    for (JsonlReader lines(file); lines.next();) {
      const Json& record = lines.value();
      const std::string id = record.at("classification").get<std::string>() + "_" + record.at("idx").get<std::string>();
      if (!seen.insert(id).second) continue;
      std::vector<double> truth(record.at("modified_process").size(), 1);
      for (const size_t wrong : record.at("error_steps").get<std::vector<size_t>>())
        if (wrong <= truth.size()) truth[wrong - 1] = 0;
      writer.write(with_step_scores({}, {.id = id, .by_scorer = {{"truth", truth}}}));
    }
    writer.finish();
  }
  const PrmBenchData data = read_prmbench({.solutions = file, .scores = scores});
  EXPECT_EQ(data.cases.size() + data.repeats, 6216u);
  EXPECT_EQ(data.past_end, 100u);
  const MeasureReport report = prmbench(data, {.draws = 10});
  EXPECT_EQ(report.find({"truth", "overall"}, "prm_score")->value, 1);
  EXPECT_EQ(report.find({"truth", "sensitivity"}, "prm_score")->value, 1);
}

}  // namespace
}  // namespace hrm::selection
