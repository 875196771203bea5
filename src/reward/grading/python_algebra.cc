#include "grading/python_algebra.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "base/utf8.h"
#include "grading/equality.h"
#include "grading/python_expression.h"
#include "grading/small_fraction.h"
#include "grading/text_edit.h"

namespace hrm::grading {

bool refuses_algebra(std::string_view expression) {
  constexpr std::string_view kDigits = "0123456789";
  for (size_t at = expression.find('^'); at != std::string_view::npos; at = expression.find('^', at + 1)) {
    const std::string_view exponent = expression.substr(at + 1);
    if (exponent.starts_with('{') || exponent.starts_with('(')) return true;
    const size_t digits = std::min(exponent.find_first_not_of(kDigits), exponent.size());
    if (digits >= 2 || (digits == 1 && exponent.substr(1).starts_with('^'))) return true;
  }
  std::string rest(expression);
  replace_all(rest, "sqrt", "");
  replace_all(rest, "frac", "");
  std::vector<char32_t> letters;
  for (std::string_view view = rest; !view.empty() && letters.size() <= 2;) {
    const CodePoint point = decode_utf8(view);
    view.remove_prefix(point.size);
    if (is_letter(point.value) && std::ranges::find(letters, point.value) == letters.end())
      letters.push_back(point.value);
  }
  return letters.size() > 2;
}

namespace {

// A decimal is a binary float for sympy, whole numbers and their quotients stay exact.
struct PythonNumber {
  SmallFraction exact;
  std::optional<double> floating;
  double as_double() const {
    return floating ? *floating : static_cast<double>(exact.above) / static_cast<double>(exact.below);
  }
};
using MaybeNumber = std::optional<PythonNumber>;

MaybeNumber number_of(MaybeFraction fraction) { return fraction ? MaybeNumber({.exact = *fraction}) : std::nullopt; }

MaybeNumber python_value(const Expression::Node& node, const std::vector<MaybeNumber>& values) {
  constexpr size_t kDoubleDigits = 15;  // longer decimals are floats of more bits
  const MaybeNumber none;
  const MaybeNumber& a = node.left < 0 ? none : values[static_cast<size_t>(node.left)];
  const MaybeNumber& b = node.right < 0 ? none : values[static_cast<size_t>(node.right)];
  if (node.operation == Operation::kNumber) {
    if (node.text.find('.') == std::string::npos) return number_of(parse_fraction(node.text));
    if (node.text.size() > kDoubleDigits + 1) return none;
    return PythonNumber{.exact = {}, .floating = std::strtod(node.text.c_str(), nullptr)};
  }
  if (!a || (node.right >= 0 && !b)) return none;
  const bool floating = a->floating || (b && b->floating);
  const auto inverse = floating || !b || node.operation != Operation::kDivide ? MaybeFraction() : invert(b->exact);
  switch (node.operation) {
    case Operation::kNegate:
      return floating ? PythonNumber{{}, -*a->floating} : PythonNumber{.exact = negate(a->exact)};
    case Operation::kAdd:
      return floating ? PythonNumber{{}, a->as_double() + b->as_double()} : number_of(add(a->exact, b->exact));
    case Operation::kSubtract:
      return floating ? PythonNumber{{}, a->as_double() - b->as_double()} : number_of(add(a->exact, negate(b->exact)));
    case Operation::kMultiply:
      return floating ? PythonNumber{{}, a->as_double() * b->as_double()} : number_of(multiply(a->exact, b->exact));
    case Operation::kDivide:
      if (floating) return PythonNumber{{}, a->as_double() / b->as_double()};
      return inverse ? number_of(multiply(a->exact, *inverse)) : none;
    default:
      return none;
  }
}

// Whether values that are equal differ for sympy: decimals add up with the errors of binary floats, and a decimal
// exponent is never the square root that it stands for.
bool floats_differ(const Expression& expression, int difference) {
  std::vector<MaybeNumber> values(expression.nodes.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const Expression::Node& node = expression.nodes[i];
    if (node.operation == Operation::kPower &&
        expression.nodes[static_cast<size_t>(node.right)].text.find('.') != std::string::npos)
      return true;
    values[i] = python_value(node, values);
  }
  const MaybeNumber& value = values[static_cast<size_t>(difference)];
  return value && value->floating && *value->floating != 0;
}

}  // namespace

Algebra compare_python(std::string_view gold, std::string_view given, const Deadline& deadline) {
  const std::string text = fmt::format("({})-({})", gold, given);
  if (refuses_algebra(text)) return Algebra::kRefused;
  try {
    Expression expression;
    const int difference = parse_python(text, expression);
    if (difference < 0) return Algebra::kUnparsed;
    // Brackets of the answers themselves may pair up across the minus sign.
    const bool is_minus = expression.nodes[static_cast<size_t>(difference)].operation == Operation::kSubtract;
    const int zero = expression.number("0");
    const Expression::Node& root = expression.nodes[static_cast<size_t>(difference)];
    switch (is_minus ? compare(expression, root.left, root.right, deadline)
                     : compare(expression, difference, zero, deadline)) {
      case Equality::kEqual:
        return floats_differ(expression, difference) ? Algebra::kDifferent : Algebra::kEqual;
      case Equality::kDifferent:
      case Equality::kUndefined:  // nan, which is not zero
        return Algebra::kDifferent;
      default:
        return Algebra::kUndecided;
    }
  } catch (const GaveUp&) {
    return Algebra::kUndecided;
  }
}

}  // namespace hrm::grading
