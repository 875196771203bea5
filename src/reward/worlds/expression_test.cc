#include "worlds/expression.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace hrm::worlds {
namespace {

TEST(Expression, ValuesFollowPrecedenceAndGrouping) {
  const std::pair<std::string, int64_t> cases[] = {
      {"7", 7},    {"7+12*3-15", 28}, {"(7+12)*3-15", 42},   {"20-5-3", 12},   {"2*3*4", 24},    {"-7+3*(-2)", -13},
      {"3--2", 5}, {"4*-3", -12},     {" ( 1 + 2 ) * 3", 9}, {"((2))*(3)", 6}, {"20-(5-3)", 18}, {"2*(3+4*(5-2))", 30}};
  for (const auto& [text, value] : cases) {
    const auto expression = Expression::parse(text);
    ASSERT_TRUE(expression) << text;
    EXPECT_EQ(expression->value(), value) << text;
    EXPECT_EQ(Expression::parse(expression->text())->value(), value) << expression->text();
  }
}

TEST(Expression, RefusesWhatIsNone) {
  std::string deep(33, '(');
  deep += "1+1";
  deep.append(33, ')');
  for (const std::string& text :
       {std::string(), std::string("+"), std::string("7+"), std::string("7 12"), std::string("(7+1"), std::string("7)"),
        std::string("-(3+4)"), std::string("7/2"), std::string("()"), std::string("2(3)"), std::string("1e3"),
        std::string("1000000000001"), std::string("1000000*1000001"), std::string("999999999999999999999999"), deep,
        std::string("7\0+1", 4), std::string(300, '1')})
    EXPECT_FALSE(Expression::parse(text)) << text;
  std::string many = "1";
  for (int i = 0; i < 200; ++i) many += "+1";
  EXPECT_FALSE(Expression::parse(many));
  EXPECT_TRUE(Expression::parse("1000000*1000000"));
}

TEST(Expression, NegativeNumbersInsideStandInParentheses) {
  EXPECT_EQ(Expression::parse("3+-4*(-5)")->text(), "3+(-4)*(-5)");
  EXPECT_EQ(Expression::parse("(-4+5)*2")->text(), "(-4+5)*2");
  EXPECT_EQ(Expression::parse("(-4)")->text(), "-4");
}

std::vector<std::string> legal_pairs(const std::string& text, bool legal) {
  std::vector<std::string> names;
  for (const Pair& pair : Expression::parse(text)->pairs())
    if (pair.legal == legal) names.push_back(fmt::format("{}{}{}", pair.left, pair.op, pair.right));
  return names;
}

TEST(Expression, PairsKnowWhatPrecedenceAllows) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(legal_pairs("7+12*3-15", true), Names{"12*3"});
  EXPECT_EQ(legal_pairs("7+12*3-15", false), (Names{"7+12", "3-15"}));
  EXPECT_EQ(legal_pairs("(7+12)*3-15", true), Names{"7+12"});
  EXPECT_EQ(legal_pairs("(7+12)*3-15", false), Names{"3-15"});
  EXPECT_EQ(legal_pairs("20-5-3", true), Names{"20-5"});
  EXPECT_EQ(legal_pairs("2*3+4*5", true), (Names{"2*3", "4*5"}));
  EXPECT_EQ(legal_pairs("9-(4-1)", true), Names{"4-1"});
}

TEST(Expression, AReductionKeepsTheValueWhereItIsLegalAndRight) {
  for (const char* text : {"(7+12)*3-15", "2*3+4*5-(6-1)*2", "9-(4-(1+2)*3)", "2*(3*(4+1))"}) {
    Expression state = *Expression::parse(text);
    const int64_t value = state.value();
    for (int steps = 0; !state.is_number(); ++steps) {
      ASSERT_LT(steps, 10);
      const auto pairs = state.pairs();
      const auto pair = std::ranges::find(pairs, true, &Pair::legal);
      ASSERT_NE(pair, pairs.end()) << state.text();
      state = state.with_pair_replaced(pair->at, pair->value()).value();
      EXPECT_EQ(state.value(), value) << state.text();
    }
  }
  EXPECT_EQ(Expression::parse("(7+12)*3")->with_pair_replaced(1, 18)->text(), "18*3");
  EXPECT_FALSE(Expression::parse("7*8")->with_pair_replaced(0, kLargestNumber + 1));
}

TEST(Expression, Numbers) {
  EXPECT_EQ(parse_number(" -7\r"), -7);
  EXPECT_EQ(parse_number("1000000000000"), kLargestNumber);
  for (const char* text : {"", "-", "7 8", "+7", "7.0", "1000000000001", "--7"})
    EXPECT_FALSE(parse_number(text)) << text;
}

}  // namespace
}  // namespace hrm::worlds
