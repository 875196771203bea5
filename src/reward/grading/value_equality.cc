#include "grading/value_equality.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "grading/equality.h"
#include "grading/latex_expression.h"

namespace hrm::grading {
namespace {

// Whether the notation of either side leaves open how it is read.
struct Open {
  bool log = true, division = true;
};

struct Answers {
  std::string_view given, gold;
};

// What `equal` says of the two nodes, in the reading; nullopt: nothing.
template <typename Compare>
std::optional<Verdict> compare_in(const LatexReading& reading, const Answers& answers, Open& open,
                                  const Compare& equal) {
  try {
    Expression expression;
    const auto a = parse_latex(answers.given, reading, expression);
    const auto b = a ? parse_latex(answers.gold, reading, expression) : std::nullopt;
    if (!a || !b || a->has_base != b->has_base) return std::nullopt;
    open = {a->has_open_log || b->has_open_log, a->has_open_division || b->has_open_division};
    return equal(expression, a->node, b->node);
  } catch (const GaveUp&) {
    return std::nullopt;
  }
}

template <typename Compare>
Verdict in_every_reading(std::string_view given, std::string_view gold, const Compare& equal) {
  std::optional<Verdict> common;
  Open open;
  for (int reading = 0; reading < 4; ++reading) {
    const LatexReading choice{.decimal_log = (reading & 1) != 0, .tight_division = (reading & 2) != 0};
    if ((choice.decimal_log && !open.log) || (choice.tight_division && !open.division)) continue;
    const auto verdict = compare_in(choice, {given, gold}, open, equal);
    if (!verdict || *verdict == Verdict::kUndecided || (common && *common != *verdict)) return Verdict::kUndecided;
    common = verdict;
  }
  return *common;
}

// The node with numbers in the place of symbols.
int at_a_point(Expression& expression, int node) {
  const std::vector<Expression::Node> nodes = expression.nodes;
  std::vector<int> copies(nodes.size(), -1);
  for (size_t i = 0; i <= static_cast<size_t>(node); ++i) {
    const Expression::Node& from = nodes[i];
    if (from.operation == Operation::kSymbol) {
      size_t place = 0;
      while (expression.symbols[place] != from.text) ++place;
      constexpr std::array kPrimes = {"17", "29", "41", "53", "67", "83", "97", "113"};
      copies[i] = expression.number(kPrimes[place % kPrimes.size()]);
      continue;
    }
    copies[i] = expression.add(from.operation, from.left < 0 ? -1 : copies[static_cast<size_t>(from.left)],
                               from.right < 0 ? -1 : copies[static_cast<size_t>(from.right)]);
    expression.nodes.back().text = from.text;
  }
  return copies[static_cast<size_t>(node)];
}

// \cos n\pi is (-1)^n where n is an integer, as letters like n mostly are.
bool differs_at_integers(Expression& expression, int a, int b, const Deadline& deadline) {
  constexpr std::string_view kIntegers[] = {"n", "k", "m", "N"};
  const bool any = std::ranges::any_of(expression.symbols, [&](const std::string& symbol) {
    return std::ranges::find(kIntegers, symbol) != std::end(kIntegers);
  });
  if (!any) return true;
  const int a_there = at_a_point(expression, a), b_there = at_a_point(expression, b);
  Expression numbers = expression;
  numbers.symbols.clear();
  return compare(numbers, a_there, b_there, deadline) == Equality::kDifferent;
}

std::optional<double> about_node(const Expression::Node& node, const std::vector<double>& values) {
  const double a = node.left < 0 ? 0 : values[static_cast<size_t>(node.left)];
  const double b = node.right < 0 ? 0 : values[static_cast<size_t>(node.right)];
  switch (node.operation) {
    case Operation::kNumber:
      return std::strtod(node.text.c_str(), nullptr);
    case Operation::kPi:
      return M_PI;
    case Operation::kE:
      return M_E;
    case Operation::kAdd:
      return a + b;
    case Operation::kSubtract:
      return a - b;
    case Operation::kMultiply:
      return a * b;
    case Operation::kDivide:
      return a / b;
    case Operation::kNegate:
      return -a;
    case Operation::kPower:
      return std::pow(a, b);
    case Operation::kRoot:
      return std::pow(a, 1 / b);
    case Operation::kSqrt:
      return std::sqrt(a);
    case Operation::kExp:
      return std::exp(a);
    case Operation::kLn:
      return std::log(a);
    case Operation::kLog10:
      return std::log10(a);
    case Operation::kSin:
      return std::sin(a);
    case Operation::kCos:
      return std::cos(a);
    case Operation::kTan:
      return std::tan(a);
    case Operation::kAbs:
      return std::abs(a);
    default:
      return std::nullopt;
  }
}

}  // namespace

Verdict compare_values(std::string_view given, std::string_view gold, const Deadline& deadline) {
  return in_every_reading(given, gold, [&](Expression& expression, int a, int b) -> std::optional<Verdict> {
    const Equality equality = compare(expression, a, b, deadline);
    if (equality == Equality::kEqual) return Verdict::kCorrect;
    if (equality != Equality::kDifferent) return std::nullopt;
    return differs_at_integers(expression, a, b, deadline) ? std::optional(Verdict::kWrong) : std::nullopt;
  });
}

Verdict compare_zeros(std::string_view given, std::string_view gold, const Deadline& deadline) {
  const auto same = [&](Expression& expression, int a, int b) -> std::optional<Verdict> {
    if (expression.symbols.empty()) return std::nullopt;
    const int a_there = at_a_point(expression, a), b_there = at_a_point(expression, b);
    const int zero = expression.number("0");
    // compare() asks whether any symbol is left: the values at the point have none of their own.
    Expression numbers = expression;
    numbers.symbols.clear();
    for (const int there : {a_there, b_there})
      if (compare(numbers, there, zero, deadline) != Equality::kDifferent) return std::nullopt;
    const int left = expression.add(Operation::kMultiply, a, b_there);
    const int right = expression.add(Operation::kMultiply, b, a_there);
    if (compare(expression, left, right, deadline) == Equality::kEqual) return Verdict::kCorrect;
    return std::nullopt;
  };
  return in_every_reading(given, gold, same);
}

bool is_number(std::string_view text) {
  Expression expression;
  try {
    const auto parsed = parse_latex(text, {}, expression);
    return parsed && expression.symbols.empty();
  } catch (const GaveUp&) {
    return false;
  }
}

std::optional<double> about(std::string_view text) {
  Expression expression;
  try {
    const auto parsed = parse_latex(text, {}, expression);
    if (!parsed || parsed->has_open_log || parsed->has_open_division || !expression.symbols.empty())
      return std::nullopt;
    std::vector<double> values;
    for (const Expression::Node& node : expression.nodes) {
      const auto value = about_node(node, values);
      if (!value || !std::isfinite(*value)) return std::nullopt;
      values.push_back(*value);
    }
    return values[static_cast<size_t>(parsed->node)];
  } catch (const GaveUp&) {
    return std::nullopt;
  }
}

}  // namespace hrm::grading
