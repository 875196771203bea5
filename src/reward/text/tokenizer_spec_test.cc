#include "text/tokenizer_spec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "base/testing/refused.h"
#include "text/character_alphabet.h"
#include "text/tokenizer.h"

namespace hrm::text {
namespace {

Json small_json() {
  return {{"added_tokens", {{{"id", 3}, {"content", "<s>"}, {"special", true}}}},
          {"normalizer", nullptr},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
          {"post_processor", nullptr},
          {"decoder", {{"type", "ByteLevel"}}},
          {"model", {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}}}, {"merges", {"a b"}}}}};
}

void expect_spec_refused(const Json& json, const std::string& part) {
  hrm::expect_refused([&] { parse_tokenizer_json(json.dump(), "tokenizer.json"); }, {part, "tokenizer.json"});
}

TEST(TokenizerJson, BothSpellingsOfMergesAreRead) {
  Json json = small_json();
  const TokenizerSpec texts = parse_tokenizer_json(json.dump(), "x");
  json["model"]["merges"] = Json::array({Json::array({"a", "b"})});
  EXPECT_EQ(parse_tokenizer_json(json.dump(), "x").merges, texts.merges);
  EXPECT_EQ(texts.merges.size(), 1u);
  EXPECT_EQ(texts.added.at(0).content, "<s>");
  EXPECT_EQ(texts.splits.size(), 1u);
}

// As Llama 3 has it: its own split, the merges passed over where a piece is a token, a token before every text.
TEST(TokenizerJson, TheLlama3LayoutIsRead) {
  Json json = small_json();
  json["model"]["merges"] = Json::array();
  json["model"]["ignore_merges"] = true;
  json["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers",
       {{{"type", "Split"}, {"pattern", {{"Regex", "[ab]{2}"}}}, {"behavior", "Isolated"}, {"invert", false}},
        {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}};
  json["post_processor"] = {
      {"type", "Sequence"},
      {"processors",
       {{{"type", "ByteLevel"}},
        {{"type", "TemplateProcessing"},
         {"single",
          {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
         {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {3}}, {"tokens", {"<s>"}}}}}}}}}};
  const Tokenizer tokenizer(parse_tokenizer_json(json.dump(), "x"), "x");
  EXPECT_EQ(tokenizer.encode("abb"), (std::vector<int32_t>{3, 2, 1}));
  EXPECT_EQ(tokenizer.encode("abb", Part::kText), (std::vector<int32_t>{2, 1}));
  EXPECT_EQ(tokenizer.decode(std::vector<int32_t>{3, 2}, Specials::kDrop), "ab");
}

TEST(TokenizerJson, DigitsBeforeByteLevelAndPrefixSpaces) {
  Json json = small_json();
  json["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers",
       {{{"type", "Digits"}, {"individual_digits", true}}, {{"type", "ByteLevel"}, {"add_prefix_space", false}}}}};
  EXPECT_EQ(parse_tokenizer_json(json.dump(), "x").splits.size(), 2u);
  json["pre_tokenizer"] = {{"type", "ByteLevel"}};
  EXPECT_EQ(parse_tokenizer_json(json.dump(), "x").prefix_space, PrefixSpace::kSection);
}

TEST(TokenizerJson, RefusesWhatIsNotSupported) {
  expect_spec_refused(Json::array(), "is this a tokenizer.json");
  const auto with = [](const char* pointer, Json value) {
    Json json = small_json();
    json[Json::json_pointer(pointer)] = std::move(value);
    return json;
  };
  expect_spec_refused(with("/model/type", "Unigram"), "model.type is Unigram");
  expect_spec_refused(with("/model/byte_fallback", true), "ByteLevel with a SentencePiece-like vocabulary");
  expect_spec_refused(with("/model/dropout", 0.1), "model.dropout");
  expect_spec_refused(with("/model/end_of_word_suffix", "</w>"), "model.end_of_word_suffix");
  expect_spec_refused(with("/model/vocab", Json::array()), "model.vocab");
  expect_spec_refused(with("/model/vocab/a", -1), "an id that is not a number");
  expect_spec_refused(with("/model/vocab/a", uint64_t{1} << 40), "an id that is not a number");
  expect_spec_refused(with("/model/merges/0", "a"), "entry 0 is not a pair");
  expect_spec_refused(with("/model/merges/0", "a b c"), "entry 0 is not a pair");
  expect_spec_refused(with("/normalizer", {{"type", "Lowercase"}}), "normalizer is Lowercase");
  expect_spec_refused(with("/pre_tokenizer", nullptr), "no ByteLevel step");
  const Json marks = {{"type", "Metaspace"}, {"replacement", kBlankMark}};
  expect_spec_refused(with("/pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "_"}}), "another replacement");
  expect_spec_refused(with("/pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", {{{"type", "Digits"}}, marks}}}),
                      "after other steps");
  expect_spec_refused(with("/pre_tokenizer", marks), "decoder is ByteLevel");
  expect_spec_refused(with("/normalizer", {{"type", "Prepend"}, {"prepend", kBlankMark}}), "without a Replace");
  expect_spec_refused(
      with("/normalizer", {{"type", "Replace"}, {"pattern", {{"Regex", " "}}}, {"content", kBlankMark}}),
      "normalizer is Replace");
  expect_spec_refused(with("/post_processor", {{"type", "BertProcessing"}}), "post_processor is BertProcessing");
  expect_spec_refused(with("/decoder", nullptr), "decoder is missing");
  expect_spec_refused(with("/added_tokens/0/content", 7), "no text 'content'");
}

GgmlVocabulary small_vocabulary() {
  return {.model = "gpt2",
          .pre = "gpt-2",
          .tokens = {"a", "b", "ab", "<s>"},
          .merges = {"a b"},
          .types = {1, 1, 1, 3},
          .bos = 3};
}

void expect_spec_refused(const GgmlVocabulary& vocabulary, const std::string& part) {
  hrm::expect_refused([&] { spec_of(vocabulary, "x.gguf"); }, {part, "x.gguf"});
}

TEST(GgmlVocabulary, BecomesATokenizer) {
  GgmlVocabulary vocabulary = small_vocabulary();
  const Tokenizer plain(spec_of(vocabulary, "x.gguf"), "x.gguf");
  EXPECT_EQ(plain.encode("<s>abb"), (std::vector<int32_t>{3, 2, 1}));
  EXPECT_TRUE(plain.is_special(3));
  vocabulary.add_bos = true;
  EXPECT_EQ(Tokenizer(spec_of(vocabulary, "x.gguf"), "x.gguf").encode("ab"), (std::vector<int32_t>{3, 2}));
  vocabulary.add_bos.reset();
  vocabulary.pre = "llama-bpe";
  EXPECT_EQ(Tokenizer(spec_of(vocabulary, "x.gguf"), "x.gguf").encode("ab"), (std::vector<int32_t>{3, 2}));
  for (const char* pre : {"", "default", "qwen2", "smollm"}) {
    vocabulary.pre = pre;
    EXPECT_EQ(Tokenizer(spec_of(vocabulary, "x.gguf"), "x.gguf").encode("ab"), std::vector<int32_t>{2}) << pre;
  }
}

// As SentencePiece does it: the pair with the highest score first, bytes for characters that are not tokens.
TEST(GgmlVocabulary, OfCharactersIsMergedByScore) {
  GgmlVocabulary v{.model = "llama", .tokens = {"<unk>", "<s>"}, .scores = {0, 0}, .types = {2, 3}, .bos = 1};
  const auto add = [&](const std::string& token, double score, int64_t type) {
    v.tokens.push_back(token);
    v.scores.push_back(score);
    v.types.push_back(type);
  };
  for (int b = 0; b < 256; ++b) add(byte_token(static_cast<uint8_t>(b)), 0, 6);
  const std::string blank(kBlankMark);
  for (const auto& [token, score] : std::vector<std::pair<std::string, double>>{
           {blank, -9}, {"a", -9}, {"b", -9}, {"c", -9}, {"ab", -3}, {"bc", -2}, {blank + "a", -4}, {blank + "ab", -5}})
    add(token, score, 1);
  const auto id = [&](const std::string& token) {
    return static_cast<int32_t>(std::ranges::find(v.tokens, token) - v.tokens.begin());
  };
  const Tokenizer tokenizer(spec_of(v, "x.gguf"), "x.gguf");
  EXPECT_EQ(tokenizer.encode("ab"), (std::vector<int32_t>{1, id(blank + "ab")}));
  EXPECT_EQ(tokenizer.encode("abc", Part::kText), (std::vector<int32_t>{id(blank + "a"), id("bc")}));
  EXPECT_EQ(tokenizer.encode("ab", Part::kContinuation), std::vector<int32_t>{id("ab")});
  EXPECT_EQ(tokenizer.encode("\xc3\xa9", Part::kContinuation), (std::vector<int32_t>{id("<0xC3>"), id("<0xA9>")}));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("ab \xc3\xa9 c"), Specials::kDrop), "ab \xc3\xa9 c");
  v.add_space_prefix = v.add_bos = false;
  EXPECT_EQ(Tokenizer(spec_of(v, "x.gguf"), "x.gguf").encode("ab"), std::vector<int32_t>{id("ab")});
}

TEST(GgmlVocabulary, RefusesWhatIsNotSupported) {
  GgmlVocabulary v = small_vocabulary();
  v.model = "bert";
  expect_spec_refused(v, "model 'bert' is not supported");
  v.model = "llama";
  expect_spec_refused(v, "4 tokens but 0 scores");
  v.scores = {0, 0, std::nan(""), 0};
  expect_spec_refused(v, "the score of a token is NaN");
  v.scores = {0, 0, 0, 0};
  v.tokens[1] = std::string(600, 'b');
  expect_spec_refused(v, "token 1 has 600 bytes");
  v = small_vocabulary();
  v.pre = "unheard-of";
  expect_spec_refused(v, "pre-tokenizer 'unheard-of' is not known, only gpt-2");
  v = small_vocabulary();
  v.types.pop_back();
  expect_spec_refused(v, "4 tokens but 3 token types");
  v = small_vocabulary();
  v.merges.push_back("ab");
  expect_spec_refused(v, "merge 1 is not a pair");
  v = small_vocabulary();
  v.tokens[1] = "a";
  expect_spec_refused(v, "token 'a' has two ids, 0 and 1");
  v = small_vocabulary();
  v.add_eos = true;
  expect_spec_refused(v, "the end-of-text token");
}

}  // namespace
}  // namespace hrm::text
