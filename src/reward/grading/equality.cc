#include "grading/equality.h"

#include "grading/equality_stages.h"
#include "grading/small_fraction.h"

namespace hrm::grading {
namespace {

// nullopt: too large, divided by zero, or no fraction.
MaybeFraction value_of(const Expression& expression, const Expression::Node& node,
                       const std::vector<MaybeFraction>& values) {
  const MaybeFraction none;
  const MaybeFraction& a = node.left < 0 ? none : values[static_cast<size_t>(node.left)];
  const MaybeFraction& b = node.right < 0 ? none : values[static_cast<size_t>(node.right)];
  switch (node.operation) {
    case Operation::kNumber:
      return parse_fraction(node.text);
    case Operation::kAdd:
      return a && b ? add(*a, *b) : none;
    case Operation::kSubtract:
      return a && b ? add(*a, negate(*b)) : none;
    case Operation::kMultiply:
      return a && b ? multiply(*a, *b) : none;
    case Operation::kNegate:
      return a ? MaybeFraction(negate(*a)) : none;
    case Operation::kDivide: {
      const MaybeFraction inverse = b ? invert(*b) : none;
      return a && inverse ? multiply(*a, *inverse) : none;
    }
    case Operation::kPower: {
      const auto exponent = whole_exponent(expression, node.right, 64);
      return a && exponent ? power(*a, *exponent) : none;
    }
    case Operation::kFactorial: {
      if (!a || a->below != 1 || a->above < 0 || a->above > 20) return none;
      SmallFraction product{1, 1};
      for (int64_t factor = 2; factor <= a->above; ++factor) product.above *= factor;
      return product;
    }
    default:
      return none;
  }
}

}  // namespace

std::vector<bool> needed_by(const Equation& equation) {
  const Expression& expression = equation.expression;
  std::vector<bool> needed(expression.nodes.size(), false);
  needed[static_cast<size_t>(equation.left)] = needed[static_cast<size_t>(equation.right)] = true;
  for (size_t i = expression.nodes.size(); i-- > 0;)
    if (needed[i])
      for (const int operand : {expression.nodes[i].left, expression.nodes[i].right})
        if (operand >= 0) needed[static_cast<size_t>(operand)] = true;
  return needed;
}

std::optional<long> whole_exponent(const Expression& expression, int node, long most) {
  long sign = 1;
  const auto& nodes = expression.nodes;
  while (nodes[static_cast<size_t>(node)].operation == Operation::kNegate) {
    sign = -sign;
    node = nodes[static_cast<size_t>(node)].left;
  }
  if (nodes[static_cast<size_t>(node)].operation != Operation::kNumber) return std::nullopt;
  const MaybeFraction value = parse_fraction(nodes[static_cast<size_t>(node)].text);
  if (!value || value->below != 1 || value->above > most) return std::nullopt;
  return sign * value->above;
}

Equality compare_fractions(const Equation& equation) {
  const auto& [expression, left, right] = equation;
  if (!expression.symbols.empty()) return Equality::kUnknown;
  const std::vector<bool> needed = needed_by(equation);
  std::vector<MaybeFraction> values(expression.nodes.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!needed[i]) continue;
    values[i] = value_of(expression, expression.nodes[i], values);
    if (!values[i]) return Equality::kUnknown;
  }
  const bool equal = values[static_cast<size_t>(left)] == values[static_cast<size_t>(right)];
  return equal ? Equality::kEqual : Equality::kDifferent;
}

Equality compare(const Expression& expression, int left, int right, const Deadline& deadline) {
  for (const Expression::Node& node : expression.nodes)
    if (node.operation == Operation::kUndefined) return Equality::kUndefined;
  const Equation equation{expression, left, right};
  const Equality fractions = compare_fractions(equation);
  if (fractions != Equality::kUnknown) return fractions;
  const ExactLibrary* library = exact_library();
  if (!library) return Equality::kNeedsLibrary;
  try {
    const Equality polynomials = compare_polynomials(*library, equation, deadline);
    return polynomials != Equality::kUnknown ? polynomials : compare_balls(*library, equation, deadline);
  } catch (const GaveUp&) {
    return Equality::kUnknown;
  }
}

}  // namespace hrm::grading
