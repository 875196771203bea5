#include "worlds/expression.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace hrm::worlds {
namespace {

using Token = Expression::Token;

constexpr size_t kMaxTokens = 255;
constexpr int kMaxDepth = 32;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool within(int64_t value) { return value >= -kLargestNumber && value <= kLargestNumber; }

// Factors are within 1e12, so that a product may need more than 64 bits.
int64_t apply(int64_t a, char op, int64_t b) {
  if (op == '+') return a + b;
  if (op == '-') return a - b;
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
  return product;
}

// Unsigned digits at `at`, which moves after them.
std::optional<int64_t> take_digits(std::string_view text, size_t& at) {
  int64_t value = 0;
  const size_t begin = at;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    value = value * 10 + (text[at] - '0');
    if (!within(value)) return std::nullopt;
  }
  if (at == begin) return std::nullopt;
  return value;
}

// The text's tokens without regard to grammar, save that it tells a sign from an operator.
std::optional<std::vector<Token>> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  bool operand = true;  // expected next
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (is_blank(c)) {
      ++at;
      continue;
    }
    if (tokens.size() == kMaxTokens) return std::nullopt;
    const bool sign = c == '-' && operand && at + 1 < text.size() && is_digit(text[at + 1]);
    if (is_digit(c) || sign) {
      if (sign) ++at;
      const auto digits = take_digits(text, at);
      if (!digits) return std::nullopt;
      tokens.push_back({'n', sign ? -*digits : *digits});
      operand = false;
    } else if (c == '+' || c == '-' || c == '*' || c == '(' || c == ')') {
      tokens.push_back({c, 0});
      operand = c != ')';
      ++at;
    } else {
      return std::nullopt;
    }
  }
  return tokens;
}

// Value by recursive descent; nullopt on a fault of grammar or a result out of bounds.
class Evaluator {
 public:
  explicit Evaluator(const std::vector<Token>& tokens) : tokens_(tokens) {}

  std::optional<int64_t> run() {
    const auto value = sum(0);
    return at_ == tokens_.size() ? value : std::nullopt;
  }

 private:
  char kind() const { return at_ < tokens_.size() ? tokens_[at_].kind : '\0'; }

  std::optional<int64_t> combine(std::optional<int64_t> a, char op, std::optional<int64_t> b) {
    if (!a || !b) return std::nullopt;
    const int64_t value = apply(*a, op, *b);
    return within(value) ? std::optional(value) : std::nullopt;
  }

  std::optional<int64_t> sum(int depth) {
    auto value = product(depth);
    while (value && (kind() == '+' || kind() == '-')) {
      const char op = tokens_[at_++].kind;
      value = combine(value, op, product(depth));
    }
    return value;
  }

  std::optional<int64_t> product(int depth) {
    auto value = factor(depth);
    while (value && kind() == '*') {
      ++at_;
      value = combine(value, '*', factor(depth));
    }
    return value;
  }

  std::optional<int64_t> factor(int depth) {
    if (kind() == 'n') return tokens_[at_++].value;
    if (kind() != '(' || depth == kMaxDepth) return std::nullopt;
    ++at_;
    const auto value = sum(depth + 1);
    if (kind() != ')') return std::nullopt;
    ++at_;
    return value;
  }

  const std::vector<Token>& tokens_;
  size_t at_ = 0;
};

void drop_single_parentheses(std::vector<Token>& tokens) {
  std::vector<Token> kept;
  kept.reserve(tokens.size());
  for (const Token& token : tokens) {
    kept.push_back(token);
    while (kept.size() >= 3 && kept.back().kind == ')' && kept[kept.size() - 2].kind == 'n' &&
           kept[kept.size() - 3].kind == '(') {
      const Token number = kept[kept.size() - 2];
      kept.resize(kept.size() - 3);
      kept.push_back(number);
    }
  }
  tokens = std::move(kept);
}

int strength(char op) { return op == '*' ? 2 : op == '+' || op == '-' ? 1 : 0; }

}  // namespace

int64_t Pair::value() const { return apply(left, op, right); }

Expression::Expression(int64_t number) : tokens_{{'n', number}}, value_(number) {}

std::optional<Expression> Expression::parse(std::string_view text) {
  auto tokens = tokens_of(text);
  if (!tokens) return std::nullopt;
  return from_tokens(std::move(*tokens));
}

std::optional<Expression> Expression::from_tokens(std::vector<Token> tokens) {
  const auto value = Evaluator(tokens).run();
  if (!value) return std::nullopt;
  drop_single_parentheses(tokens);
  return Expression(std::move(tokens), *value);
}

std::string Expression::text() const {
  std::string text;
  char before = '(';
  for (const Token& token : tokens_) {
    const bool wrapped = token.kind == 'n' && token.value < 0 && before != '(';
    if (wrapped) text += '(';
    if (token.kind == 'n')
      fmt::format_to(std::back_inserter(text), "{}", token.value);
    else
      text += token.kind;
    if (wrapped) text += ')';
    before = token.kind;
  }
  return text;
}

std::vector<Pair> Expression::pairs() const {
  std::vector<Pair> pairs;
  for (size_t i = 0; i + 2 < tokens_.size(); ++i) {
    const char op = tokens_[i + 1].kind;
    if (tokens_[i].kind != 'n' || tokens_[i + 2].kind != 'n' || strength(op) == 0) continue;
    const int before = i == 0 ? 0 : strength(tokens_[i - 1].kind);
    const int after = i + 3 == tokens_.size() ? 0 : strength(tokens_[i + 3].kind);
    pairs.push_back({static_cast<int32_t>(i), tokens_[i].value, tokens_[i + 2].value, op,
                     before < strength(op) && after <= strength(op)});
  }
  return pairs;
}

std::optional<Expression> Expression::with_pair_replaced(int32_t at, int64_t result) const {
  if (!within(result)) return std::nullopt;
  std::vector<Token> tokens;
  tokens.reserve(tokens_.size());
  tokens.insert(tokens.end(), tokens_.begin(), tokens_.begin() + at);
  tokens.push_back({'n', result});
  tokens.insert(tokens.end(), tokens_.begin() + at + 3, tokens_.end());
  return from_tokens(std::move(tokens));
}

std::optional<int64_t> parse_number(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && is_blank(text[at])) ++at;
  const bool negative = at < text.size() && text[at] == '-';
  if (negative) ++at;
  const auto digits = take_digits(text, at);
  while (at < text.size() && is_blank(text[at])) ++at;
  if (!digits || at != text.size()) return std::nullopt;
  return negative ? -*digits : *digits;
}

}  // namespace hrm::worlds
