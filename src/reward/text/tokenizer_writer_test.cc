#include "text/tokenizer_writer.h"

#include <gtest/gtest.h>

#include "text/testing/tokenizers.h"

namespace hrm::text {
namespace {

void expect_same(const TokenizerSpec& a, const TokenizerSpec& b) {
  EXPECT_EQ(a.vocabulary, b.vocabulary);
  EXPECT_EQ(a.merges, b.merges);
  EXPECT_EQ(a.added.size(), b.added.size());
  EXPECT_EQ(a.nfc, b.nfc);
  EXPECT_EQ(a.characters, b.characters);
  EXPECT_EQ(a.byte_fallback, b.byte_fallback);
  EXPECT_EQ(a.prefix_space, b.prefix_space);
  EXPECT_EQ(a.dropped_space, b.dropped_space);
  EXPECT_EQ(a.ignore_merges, b.ignore_merges);
  EXPECT_EQ(a.fuse_unknown, b.fuse_unknown);
  EXPECT_EQ(a.unknown, b.unknown);
  EXPECT_EQ(a.splits, b.splits);
  EXPECT_EQ(a.prefix, b.prefix);
  EXPECT_EQ(a.suffix, b.suffix);
}

TEST(TokenizerWriter, WhatIsWrittenReadsBackTheSame) {
  TokenizerSpec spec = small_spec({{"a", "b"}, {"ab", "c"}});
  spec.added = {{.id = 300, .content = "<s>", .special = true}, {.id = 301, .content = "<tool>", .normalized = true}};
  spec.nfc = spec.ignore_merges = true;
  spec.splits = {R"(\p{N})", kGpt2Split};
  spec.prefix = {300};
  expect_same(parse_tokenizer_json(to_tokenizer_json(spec), "test"), spec);
  expect_same(parse_tokenizer_json(to_tokenizer_json(byte_spec({"Question:\n"})), "test"), byte_spec({"Question:\n"}));
}

TEST(TokenizerWriter, TokenizersOfCharactersReadBackTheSame) {
  for (const char* name : {"prepend", "first", "split"}) {
    const auto path = testdata_folder() / "tokenizer" / fmt::format("{}.json", name);
    const TokenizerSpec spec = parse_tokenizer_json(read_file(path), name);
    EXPECT_TRUE(spec.characters);
    expect_same(parse_tokenizer_json(to_tokenizer_json(spec), name), spec);
  }
}

TEST(TokenizerWriter, BytesAndPhrasesAreTokens) {
  const Tokenizer tokenizer(byte_spec({"Question:\n"}), "bytes");
  EXPECT_EQ(tokenizer.size(), 258);
  const std::string text = "(7+12)*3-15=?\n#### 42\t\xc3\xa9";
  EXPECT_EQ(tokenizer.encode(text).size(), text.size());
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  EXPECT_EQ(tokenizer.encode("Question:\n1<|endoftext|>"), (std::vector<int32_t>{257, '1', 256}));
}

}  // namespace
}  // namespace hrm::text
