#include "selection/confidence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"
#include "base/testing/refused.h"
#include "selection/best_of_n.h"
#include "selection/solutions.h"

namespace hrm::selection {
namespace {

std::optional<double> mean_logprob(const char* candidate) { return confidences_of(parse_json(candidate, "x"), "x")[0]; }

TEST(Confidence, ComesInTheFormsOfPrograms) {
  EXPECT_EQ(mean_logprob(R"({"mean_logprob": -0.5})"), -0.5);
  EXPECT_EQ(mean_logprob(R"({"logprobs": [-1, -2, -6]})"), -3);
  EXPECT_EQ(
      mean_logprob(R"({"logprobs": {"content": [{"token": "a", "logprob": -1}, {"token": "b", "logprob": -2}]}})"),
      -1.5);
  EXPECT_EQ(mean_logprob(R"({"logprobs": {"token_logprobs": [null, -1, -3], "tokens": ["a", "b", "c"]}})"), -2);
  EXPECT_EQ(mean_logprob(R"({"token_logprobs": [-4]})"), -4);
  EXPECT_EQ(mean_logprob(R"({"cumulative_logprob": -12, "tokens": 4})"), -3);
  EXPECT_EQ(mean_logprob(R"({"mean_logprob": -1, "logprobs": [-7]})"), -1) << "what is said outright comes first";
  EXPECT_EQ(mean_logprob(R"({"mean_logprob": 1e-7})"), 0) << "rounding";
  for (const char* none : {R"({})", R"({"logprobs": null})", R"({"logprobs": []})", R"({"cumulative_logprob": -12})",
                           R"({"logprobs": [{"13": {"logprob": -1, "rank": 1}}]})", R"({"token_logprobs": "no"})"})
    EXPECT_EQ(mean_logprob(none), std::nullopt) << none;
  const Confidences all = confidences_of(parse_json(R"({"entropy": 2, "self_certainty": 3.5})", "x"), "x");
  EXPECT_EQ(all, (Confidences{std::nullopt, 2, 3.5}));
}

TEST(Confidence, RefusesWhatIsNone) {
  const auto refused = [](const char* candidate, const char* part) {
    expect_refused([&] { confidences_of(parse_json(candidate, "x"), "f.jsonl:3, candidate 1"); },
                   {"f.jsonl:3, candidate 1", part});
  };
  refused(R"({"mean_logprob": 0.4})", "at most 0");
  refused(R"({"logprobs": [-1, 0.9]})", "at most 0");
  refused(R"({"mean_logprob": "high"})", "mean_logprob");
  refused(R"({"entropy": -1})", "entropy");
  refused(R"({"self_certainty": -0.2})", "self_certainty");
  refused(R"({"self_certainty": [1]})", "self_certainty");
}

TEST(Confidence, HigherIsBetterAsAScore) {
  EXPECT_DOUBLE_EQ(as_score(Confidence::kMeanLogprob, std::log(0.25)), 0.25);
  EXPECT_GT(as_score(Confidence::kEntropy, 0.1), as_score(Confidence::kEntropy, 0.2));
  EXPECT_EQ(as_score(Confidence::kEntropy, 0), 1);
  EXPECT_EQ(as_score(Confidence::kSelfCertainty, 4), 4);
}

class ConfidenceFile : public testing::Test {
 protected:
  SelectionReport report(std::string_view text) {
    write_file_atomic(folder_.path() / "s.jsonl", text);
    SampledSolutions solutions = read_solutions(folder_.path() / "s.jsonl");
    return best_of_n(solutions, {.n = {3}, .aggregations = {Aggregation::kLast}});
  }
  TemporaryFolder folder_;
};

// The surest sample is right by log-probability and wrong by entropy; two less sure ones outvote it.
constexpr std::string_view kUnscored =
    R"({"id": "a", "gold": "1", "candidates": [{"answer": "1", "mean_logprob": -0.1, "entropy": 2},
        {"answer": "2", "mean_logprob": -0.6, "entropy": 1}, {"answer": "2", "mean_logprob": -0.6, "entropy": 1.5}]})";

std::string one_line(std::string_view text) {
  std::string line(text);
  std::erase(line, '\n');
  return line + "\n";
}

TEST_F(ConfidenceFile, NeedsNoScores) {
  const SelectionReport found = report(one_line(kUnscored));
  const auto value = [&](const char* name) {
    const ReportRow* row = found.find(name, 3);
    EXPECT_NE(row, nullptr) << name;
    return row ? row->accuracy.value : -1;
  };
  EXPECT_EQ(value("majority"), 0);
  EXPECT_EQ(value("best mean_logprob"), 1);
  EXPECT_EQ(value("weighted mean_logprob"), 0) << "0.905 against 2 x 0.549";
  EXPECT_EQ(value("best entropy"), 0);
  EXPECT_EQ(found.find("best self_certainty", 3), nullptr);
  EXPECT_TRUE(std::ranges::all_of(found.rows, [](const ReportRow& row) { return row.scorer.empty(); }));
}

TEST_F(ConfidenceFile, SamplesWithoutAnAnswerNeedNone) {
  const SelectionReport found = report(one_line(
      R"({"id": "a", "gold": "1", "candidates": [{"answer": null, "scores": [0.9]},
          {"answer": "1", "scores": [0.1], "mean_logprob": -9}, {"answer": null, "scores": [0.5]}]})"));
  ASSERT_NE(found.find("best mean_logprob", 3), nullptr);
  EXPECT_EQ(found.find("best mean_logprob", 3)->accuracy.value, 1) << "they have the score 0";
  EXPECT_EQ(found.find("weighted mean_logprob", 3)->accuracy.value, 1);
  const SelectionReport unscored = report(one_line(
      R"({"id": "a", "gold": "1", "candidates": [{"answer": null}, {"answer": "1", "mean_logprob": -9},
          {"answer": null}]})"));
  EXPECT_EQ(unscored.find("best mean_logprob", 3)->accuracy.value, 1);
}

TEST_F(ConfidenceFile, StandsBesideScorersWhereEverySampleHasIt) {
  constexpr std::string_view kScored =
      R"({"id": "b", "gold": "1", "candidates": [{"answer": "1", "scores": {"m": [0.5]}, "mean_logprob": -1},
          {"answer": "2", "scores": {"m": [0.1]}, "mean_logprob": -2, "entropy": 1},
          {"answer": "2", "scores": {"m": [0.2]}, "mean_logprob": -3, "entropy": 1}]})";
  const SelectionReport found = report(one_line(kScored));
  EXPECT_EQ(found.find("best m/last", 3)->accuracy.value, 1);
  EXPECT_EQ(found.find("best mean_logprob", 3)->accuracy.value, 1);
  EXPECT_EQ(found.find("best entropy", 3), nullptr);
  EXPECT_TRUE(std::ranges::any_of(found.notes, [](const std::string& note) {
    return note.find("2 samples have entropy, 1 with an answer lack it") != std::string::npos;
  }));
  expect_refused([&] { report(one_line(kScored) + one_line(kUnscored)); }, {"no candidate has scores"});
}

}  // namespace
}  // namespace hrm::selection
