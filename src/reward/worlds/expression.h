// Integer expressions of the arithmetic world: numbers, + - * and parentheses, read from text and reduced pair by pair.
//
// `*` binds tighter than `+` and `-`; equals group from the left. A minus sign in front of digits where an operand is
// expected belongs to the number. As text a negative number is in parentheses unless it begins the expression or
// what is in parentheses: "-7+3*(-2)". There is no division: every value is an integer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hrm::worlds {

constexpr int64_t kLargestNumber = 1'000'000'000'000;  // of every literal and every intermediate result, by magnitude

// Two numbers with an operator between them and nothing else: where a step can be taken.
struct Pair {
  int32_t at = 0;  // token of the left number
  int64_t left = 0, right = 0;
  char op = '+';
  bool legal = false;     // precedence allows to reduce it next
  int64_t value() const;  // left op right. REQUIRES: both within +-kLargestNumber; may itself be beyond it
};

// Always well formed and with all intermediate results within +-kLargestNumber. Threads may share a constant one.
class Expression {
 public:
  struct Token {
    char kind = 'n';  // 'n': a number; else one of + - * ( )
    int64_t value = 0;
    bool operator==(const Token&) const = default;
  };

  explicit Expression(int64_t number);  // REQUIRES: within +-kLargestNumber

  // nullopt on anything else than one expression: other bytes, more than 255 tokens, parentheses deeper than 32,
  // numbers or results beyond kLargestNumber. Spaces between tokens are skipped. Never throws.
  static std::optional<Expression> parse(std::string_view text);
  // The same from tokens; parentheses around a single number are removed.
  static std::optional<Expression> from_tokens(std::vector<Token> tokens);

  int64_t value() const { return value_; }
  bool is_number() const { return tokens_.size() == 1; }
  const std::vector<Token>& tokens() const { return tokens_; }
  std::string text() const;

  std::vector<Pair> pairs() const;  // from the left; an expression that is not a number has at least one legal pair
  // With the pair at token `at` replaced by `result`; nullopt if that leaves the bounds. REQUIRES: a pair of pairs().
  std::optional<Expression> with_pair_replaced(int32_t at, int64_t result) const;

  bool operator==(const Expression&) const = default;

 private:
  Expression(std::vector<Token> tokens, int64_t value) : tokens_(std::move(tokens)), value_(value) {}

  std::vector<Token> tokens_;
  int64_t value_;
};

// "19" or "-7": digits with at most one sign in front, within kLargestNumber. Blanks around it are skipped.
std::optional<int64_t> parse_number(std::string_view text);

}  // namespace hrm::worlds
