#include "puzzles/table.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing/refused.h"

namespace hrm::puzzles {
namespace {

TEST(Table, ReadsAndPrintsTextOverItsAlphabet) {
  const auto family = make_table({.alphabet = "01+\xC3\xA9", .length = 5, .padded = true}, "test");
  EXPECT_EQ(family->vocab_size(), 5);
  EXPECT_EQ(family->ignore_token(), 0);
  const auto rows = family->parse("01+\n\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\r\n", "test");
  EXPECT_EQ(rows, (std::vector<Tokens>{{1, 2, 3, 0, 0}, {4, 4, 4, 4, 4}}));
  EXPECT_EQ(family->to_line(rows[0]), "01+");
  EXPECT_EQ(family->to_line(rows[1]), "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9");
  EXPECT_EQ(family->render(rows[0], {.previous = Tokens{1, 1, 3, 0, 0}}), "01+\n ^\n");
  EXPECT_FALSE(family->has_rules());
  EXPECT_EQ(family->augmenter(), nullptr);
  EXPECT_EQ(family->canonical(rows[0]), rows[0]);
  EXPECT_TRUE(family->check_answer(rows[0], rows[1]).accepted);
  EXPECT_FALSE(family->check_answer(rows[0], Tokens(5, 9)).accepted);
  EXPECT_EQ(make_family(family->describe(), "test")->parse("01+", "test")[0], rows[0]);
}

TEST(Table, NamesWhatDoesNotFit) {
  const auto fixed = make_table({.alphabet = "ab", .length = 3}, "test");
  EXPECT_FALSE(fixed->ignore_token().has_value());
  const auto fault = [&](std::string_view text) -> std::string {
    return refusal([&] { fixed->parse(text, "t.txt"); });
  };
  EXPECT_NE(fault("aba\nab\n").find("line 2: 2 characters; expected 3"), std::string::npos);
  EXPECT_NE(fault("aXa").find("character 2: 'X' is not in the alphabet 'ab'"), std::string::npos);
  EXPECT_THROW(make_table({.alphabet = "aba", .length = 3}, "test"), Error);
  EXPECT_THROW(make_table({.alphabet = "", .length = 3}, "test"), Error);
  EXPECT_THROW(make_table({.alphabet = "ab", .length = 0}, "test"), Error);
}

TEST(RawTokens, ArePrintedAndReadAsNumbers) {
  const auto family = make_raw(4, 12, "test");
  const Tokens tokens = {0, 11, 3, 4};
  EXPECT_EQ(family->render(tokens), "  0 11\n  3  4\n");
  EXPECT_EQ(family->render(tokens, {.previous = Tokens{0, 10, 3, 4}}), "  0>11\n  3  4\n");
  EXPECT_EQ(family->parse(family->to_line(tokens) + "\n1,2\n3 4", "test"), (std::vector<Tokens>{tokens, {1, 2, 3, 4}}));
  EXPECT_THROW(family->parse("0 1 2", "test"), Error);
  EXPECT_THROW(family->parse("0 1 2 12", "test"), Error);
  EXPECT_THROW(family->parse("0 1 2 x", "test"), Error);
}

}  // namespace
}  // namespace hrm::puzzles
