#include "reward/evaluate.h"

#include <gtest/gtest.h>

#include "reward/testing/small_models.h"

namespace hrm::reward {
namespace {

namespace fs = std::filesystem;

class Evaluate : public testing::Test {
 protected:
  Evaluate() { write_checkpoint(folder_.path / "model", language::HeadKind::kSequence, 1); }

  Evaluation of(const std::string& text, const EvaluateOptions& options = {.draws = 20, .progress = false}) {
    const fs::path file = folder_.path / "file.jsonl";
    write_file_atomic(file, text);
    Scorer scorer(load_reward_model(folder_.path / "model"));
    return evaluate(file, scorer, out(), options);
  }
  std::string refusal(const std::string& text) {
    try {
      of(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::kBadInput);
      return error.what();
    }
    return "";
  }
  fs::path out() const { return folder_.path / "out"; }
  // Scores of the file scored.jsonl by record, candidate and step.
  std::vector<std::vector<std::vector<double>>> scores() const {
    std::vector<std::vector<std::vector<double>>> all;
    for (JsonlReader lines(out() / "scored.jsonl"); lines.next();) {
      auto& record = all.emplace_back();
      for (const Json& candidate : lines.value()["candidates"])
        record.push_back(candidate["scores"].front().get<std::vector<double>>());
    }
    return all;
  }

  TestFolder folder_{::testing::UnitTest::GetInstance()->current_test_info()->name()};
};

TEST_F(Evaluate, RowsAreScoredAsTextsAndGroupedByQuestion) {
  const auto row = [](const std::string& question, const std::string& step, double label) {
    return Json{{"input", rows::step_prompt(question, "", step, rows::Mode::kSound)}, {"label", label}}.dump() + "\n";
  };
  const Evaluation found = of(row("1+1", "two", 1) + row("2+2", "five", 0.2) + row("1+1", "three", 0));
  EXPECT_EQ(found.scored.steps, 3u);
  ASSERT_EQ(found.measures.size(), 1u);
  EXPECT_NE(found.measures[0].notes.back().find("1 are right"), std::string::npos) << found.measures[0].notes.back();
  const auto all = scores();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].size(), 2u);
  Scorer scorer(load_reward_model(folder_.path / "model"));
  const std::vector<std::string> steps = {"three"};
  EXPECT_NEAR(all[0][1][0], scorer.score(std::vector{Scorer::SolutionText{"1+1", &steps}})[0][0], 1e-5);
  EXPECT_TRUE(fs::exists(out() / "steps" / "report.json"));
}

TEST_F(Evaluate, CandidatesGiveBestOfNStepsAndProbes) {
  const std::string sampled =
      R"({"id":"a","question":"1+1","gold":"2","candidates":[{"steps":["2","#### 2"],"answer":"2","on_track":[true,true]},)"
      R"({"steps":["3","#### 3"],"answer":"3","on_track":[false,false]}]})";
  const Evaluation found = of(sampled);
  ASSERT_TRUE(found.selection);
  EXPECT_EQ(found.selection->problems.size(), 1u);
  EXPECT_EQ(found.measures.size(), 1u);
  const std::string probe =
      R"({"id":"a","question":"1+1","candidates":[{"steps":["3","!2"],"on_track":[false,true],"case":"repaired","probe_step":1},)"
      R"({"steps":["3","4"],"on_track":[false,false],"case":"failed","probe_step":1}]})";
  const Evaluation probed = of(probe);
  EXPECT_FALSE(probed.selection);
  ASSERT_EQ(probed.measures.size(), 2u);
  EXPECT_EQ(probed.measures[1].title.substr(0, 6), "Repair");
}

TEST_F(Evaluate, BenchmarksHaveTheirOwnMeasures) {
  const std::string processbench =
      R"({"id":"p1","problem":"1+1","steps":["2","done"],"label":-1,"final_answer_correct":true})"
      "\n"
      R"({"id":"p2","problem":"2+2","steps":["5","done"],"label":0,"final_answer_correct":false})";
  EXPECT_EQ(of(processbench).measures.at(0).title.substr(0, 12), "ProcessBench");
  EXPECT_TRUE(fs::exists(out() / "processbench" / "report.md"));
  write_file_atomic(folder_.path / "other.jsonl", processbench);
  const Evaluation calibrated =
      of(processbench, {.calibrate = folder_.path / "other.jsonl", .draws = 20, .progress = false});
  EXPECT_TRUE(fs::exists(out() / "calibration.jsonl"));
  EXPECT_EQ(calibrated.measures.size(), 1u);
}

TEST_F(Evaluate, StepwiseSolutionsOfOneQuestionAreOneProblem) {
  const Evaluation found = of(R"({"prompt":"1+1","completions":["2","done"],"labels":[true,true]})"
                              "\n"
                              R"({"prompt":"1+1","completions":["3"],"labels":[false]})");
  EXPECT_EQ(found.scored.steps, 3u);
  EXPECT_EQ(scores().size(), 1u);
}

TEST_F(Evaluate, StepBenchmarksByDomain) {
  const std::string bench = R"({"question":"1+1","steps":["2","done"],"first_error":0,"domain":"a"})"
                            "\n"
                            R"({"question":"2+2","steps":["4","done"],"first_error":2,"domain":"b"})";
  EXPECT_NE(refusal(bench).find("from 0 or from 1"), std::string::npos);
  EvaluateOptions options{.draws = 20, .format = rows::Format::kFirstError1, .progress = false};
  const Evaluation found = of(bench, options);
  ASSERT_EQ(found.measures.size(), 1u);
  std::vector<std::string> domains;
  for (const auto& row : found.measures[0].rows) domains.push_back(row.keys.at(1));
  EXPECT_EQ(domains, (std::vector<std::string>{"(all)", "a", "b"}));
  EXPECT_EQ(found.measures[0].rows[0].values[1]->n, 4u);
}

TEST_F(Evaluate, ThinkingIsReadOrDropped) {
  const std::string sampled =
      R"({"id":"a","question":"1+1","gold":"2","candidates":[)"
      R"({"text":"<think>\nhm\n\nwell\n</think>\n\nIt is 2.\n\nDone.","answer":"2"},)"
      R"({"steps":["<think>","hm","</think>","It is 3."],"answer":"3"},{"text":"4","answer":"4"}]})";
  EvaluateOptions options{.draws = 20, .progress = false, .think = rows::Thinking::kDrop};
  of(sampled, options);
  const auto dropped = scores();
  EXPECT_EQ(dropped[0][0].size(), 2u);
  EXPECT_EQ(dropped[0][1].size(), 1u);
  EXPECT_EQ(dropped[0][2].size(), 1u);
  of(sampled);
  EXPECT_EQ(scores()[0][1].size(), 4u);
  const std::string labeled =
      R"({"id":"a","question":"1+1","candidates":[{"steps":["<think>hm</think>","2"],"labels":[true,true]}]})";
  try {
    of(labeled, options);
    ADD_FAILURE() << "labels of steps that are dropped";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("--think keep"), std::string::npos);
  }
}

TEST_F(Evaluate, WhatCannotBeMeasuredIsRefused) {
  EXPECT_NE(refusal("").find("contains no records"), std::string::npos);
  EXPECT_NE(refusal(R"({"id":"a","question":"1+1","candidates":[{"steps":["2"]}]})")
                .find("its candidates have neither correct"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"input":"x","label":2})").find("line 1"), std::string::npos);
  EXPECT_NE(refusal(R"({"text":"x"})").find("line 1"), std::string::npos);
}

}  // namespace
}  // namespace hrm::reward
