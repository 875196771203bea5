#include "language/text_score_records.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "language/tiny.h"

namespace hrm::language {
namespace {

class TextScoreRecords : public testing::Test {
 protected:
  std::string refusal_of(const Json& record) const {
    try {
      text_to_score(bundle_, record, "a.jsonl: line 3");
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::kBadInput);
      return error.what();
    }
    return "";
  }
  const ModelBundle bundle_ =
      tiny_bundle({.hidden_size = 16, .layers = 1, .heads = 2, .context = 32}, HeadKind::kLanguage, 1, 3);
};

TEST_F(TextScoreRecords, TheCompletionIsScoredBehindItsPrompt) {
  const TextToScore whole = text_to_score(bundle_, {{"text", "abc"}}, "x");
  EXPECT_EQ(whole.scored.ids.size(), 3u);
  EXPECT_EQ(whole.scored.first, 1u);
  EXPECT_EQ(whole.bytes, 3);
  const TextToScore pair = text_to_score(bundle_, {{"prompt", "ab"}, {"completion", "cde"}}, "x");
  EXPECT_EQ(pair.scored.ids, bundle_.tokenizer.encode("abcde"));
  EXPECT_EQ(pair.scored.first, 2u);
  EXPECT_EQ(pair.bytes, 3);
}

TEST_F(TextScoreRecords, FaultsNameThePlace) {
  for (const auto& [record, words] : std::vector<std::pair<Json, std::string>>{
           {{{"prompt", ""}, {"completion", "x"}}, "the prompt is empty"},
           {{{"text", ""}}, "the text is empty"},
           {{{"text", std::string(33, 'x')}}, "33 tokens exceed the model's limit of 32"},
           {{{"question", "x"}}, "text"},
           {Json(1), "a.jsonl: line 3"}}) {
    const std::string message = refusal_of(record);
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_NE(message.find("a.jsonl: line 3"), std::string::npos) << message;
  }
}

TEST_F(TextScoreRecords, TotalsAreMeansOverAllTokensAndBytes) {
  TextScoreTotals totals;
  EXPECT_TRUE(totals.to_json()["perplexity"].is_null());
  EXPECT_TRUE(totals.to_json()["bits_per_byte"].is_null());
  Json record = {{"text", "abc"}};
  totals.add(record, std::vector<float>{-1, -2}, 3);
  EXPECT_EQ(record["logprob"], -3.0);
  EXPECT_EQ(record["tokens"], 2);
  totals.add(record, std::vector<float>{-3}, 1);
  EXPECT_EQ(totals.texts, 2);
  EXPECT_DOUBLE_EQ(totals.nats_per_token(), 2);
  EXPECT_DOUBLE_EQ(totals.to_json()["perplexity"].get<double>(), std::exp(2.0));
  EXPECT_DOUBLE_EQ(totals.to_json()["bits_per_byte"].get<double>(), 6 / std::log(2.0) / 4);
}

TEST_F(TextScoreRecords, TokensAreListedWithTheirTexts) {
  Json record;
  add_token_scores(record, bundle_, text_to_score(bundle_, {{"text", "abc"}}, "x").scored, std::vector<float>{-1, -2});
  EXPECT_EQ(record["token_ids"].size(), 2u);
  EXPECT_EQ(record["token_logprobs"][0], (Json{"b", -1.0F}));
  EXPECT_EQ(record["token_logprobs"][1], (Json{"c", -2.0F}));
}

}  // namespace
}  // namespace hrm::language
