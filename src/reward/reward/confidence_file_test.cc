#include "reward/confidence_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "language/text_scores.h"
#include "reward/testing/small_models.h"

namespace hrm::reward {
namespace {

class ConfidenceFile : public testing::Test {
 protected:
  ConfidenceFile() {
    for (auto& [name, tensor] : bundle_.model.parameters)
      if (!language::is_norm_or_bias(name)) tensor.mul_(6);  // large enough to tell texts apart
  }

  ConfidenceFileReport of(const std::string& text, const ConfidenceFileOptions& options) {
    const std::filesystem::path file = folder_.path / "file.jsonl";
    write_file_atomic(file, text);
    records_.clear();
    return measure_confidences(file, bundle_, options, [&](const Json& record) { records_.push_back(record); });
  }
  std::string refused_text(const std::string& text, const ConfidenceFileOptions& options) {
    try {
      of(text, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::kBadInput);
      return error.what();
    }
    return "";
  }
  // Mean log-probability of a continuation, computed from the decoder alone.
  double mean_logprob(const std::string& prompt, const std::string& text) const {
    const language::Decoder decoder(bundle_.model.config, bundle_.model.parameters);
    language::ScoredText scored{.ids = bundle_.tokenizer.encode(prompt), .first = 0};
    scored.first = scored.ids.size();
    for (const int32_t id : bundle_.tokenizer.encode(text, text::Part::kContinuation)) scored.ids.push_back(id);
    const std::vector<float> each = language::log_probabilities(decoder, std::vector{scored})[0];
    return std::accumulate(each.begin(), each.end(), 0.0) / static_cast<double>(each.size());
  }

  TestFolder folder_{::testing::UnitTest::GetInstance()->current_test_info()->name()};
  language::ModelBundle bundle_ = language::tiny_bundle({.hidden_size = 32, .layers = 2, .heads = 4, .context = 64},
                                                        language::HeadKind::kLanguage, 1, 3);
  std::vector<Json> records_;
};

TEST_F(ConfidenceFile, CandidatesAreMeasuredBehindThePrompt) {
  const ConfidenceFileReport report =
      of(R"({"id":"a","question":"1+1","candidates":[{"text":"2"},{"steps":["one","two"]}]})", {.progress = false});
  EXPECT_EQ(report.solutions, 2u);
  ASSERT_EQ(records_.size(), 1u);
  const Json& candidates = records_[0]["candidates"];
  EXPECT_NEAR(candidates[0]["mean_logprob"].get<double>(), mean_logprob("1+1\n", "2"), 1e-4);
  EXPECT_NEAR(candidates[1]["mean_logprob"].get<double>(), mean_logprob("1+1\n", "one\n\ntwo"), 1e-4);
  EXPECT_GT(candidates[1]["entropy"].get<double>(), 0);
  EXPECT_FALSE(candidates[1].contains("scores"));
  EXPECT_EQ(report.to_json()["tokens"], report.tokens);
}

TEST_F(ConfidenceFile, AStepScoresTheMeanOfItsTokens) {
  of(R"({"id":"a","question":"q","candidates":[{"steps":["one\n","two"]}]})", {.steps = true, .progress = false});
  const Json& scores = records_.at(0)["candidates"][0]["scores"];
  ASSERT_EQ(scores["mean_logprob"].size(), 2u);
  EXPECT_NEAR(scores["mean_logprob"][0].get<double>(), std::exp(mean_logprob("q\n", "one\n")), 1e-4);
  EXPECT_NEAR(scores["mean_logprob"][1].get<double>(), std::exp(mean_logprob("q\none\n", "two")), 1e-4);
  EXPECT_EQ(scores["self_certainty"].size(), 2u);
}

TEST_F(ConfidenceFile, ASolutionOfItsOwnGetsScoresOfItsSteps) {
  of(R"({"id":"a","question":"q","steps":["one","two"]})", {.prompt = "Q: {question} A:", .progress = false});
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_EQ(records_[0]["scores"]["entropy"].size(), 2u);
  EXPECT_NEAR(records_[0]["mean_logprob"].get<double>(), mean_logprob("Q: q A:", "one\n\ntwo"), 1e-4);
}

TEST_F(ConfidenceFile, AnEmptyLastStepIsMeasuredAtTheEndOfText) {
  of(R"({"question":"q","steps":["one",""]})", {.separator = "", .progress = false});
  EXPECT_EQ(records_.at(0)["scores"]["mean_logprob"].size(), 2u);
  bundle_.end_tokens.clear();
  EXPECT_NE(refused_text(R"({"question":"q","steps":["one",""]})", {.separator = "", .progress = false})
                .find("no end-of-text token"),
            std::string::npos);
}

TEST_F(ConfidenceFile, RecordsThatCannotBeMeasuredAreRefusedOrListed) {
  const std::string lines = R"({"question":"q","steps":["one"]})"
                            "\n"
                            R"({"question":"q","steps":[")" +
                            std::string(80, 'x') + "\"]}\n";
  EXPECT_NE(refused_text(lines, {.progress = false}).find("line 2"), std::string::npos);
  const ConfidenceFileReport report = of(lines, {.skip_bad = true, .progress = false});
  EXPECT_EQ(report.solutions, 1u);
  EXPECT_EQ(report.bad.count, 1u);
  EXPECT_NE(report.bad.messages.at(0).find("exceed the model's limit of 64"), std::string::npos);
  EXPECT_NE(refused_text(lines, {.prompt = "Solve:", .progress = false}).find("has no {question}"), std::string::npos);
}

TEST_F(ConfidenceFile, AFileWithoutSolutionsHasNoMeans) {
  const ConfidenceFileReport report = of(R"({"question":"q"})", {.skip_bad = true, .progress = false});
  EXPECT_EQ(report.solutions, 0u);
  EXPECT_EQ(report.bad.count, 1u);
  EXPECT_EQ(report.mean_logprob, 0);
}

}  // namespace
}  // namespace hrm::reward
