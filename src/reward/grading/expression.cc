#include "grading/expression.h"

#include <algorithm>

namespace hrm::grading {

int Expression::number(std::string_view digits) {
  if (digits.size() > kMostDigits) throw GaveUp();
  const int node = add(Operation::kNumber);
  nodes.back().text = digits;
  return node;
}

int Expression::symbol(std::string_view name) {
  const int node = add(Operation::kSymbol);
  nodes.back().text = name;
  if (std::ranges::find(symbols, name) == symbols.end()) symbols.emplace_back(name);
  return node;
}

}  // namespace hrm::grading
