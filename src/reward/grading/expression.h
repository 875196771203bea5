// A mathematical expression, as the readers of LaTeX (latex_expression.h) and of Python (python_algebra.h) build it: a
// list of nodes in which operands stand before what uses them, so that evaluation is a loop.
//
// Bounded before anything is evaluated: nodes, digits of a number, depth of the text (each throws GaveUp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grading/deadline.h"

namespace hrm::grading {

enum class Operation {
  kNumber,  // text: decimal digits, at most one point
  kSymbol,  // text: name
  kPi,
  kE,
  kI,
  kUndefined,  // infinity and what has no value
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kPower,
  kRoot,  // left: radicand, right: a number, the degree; of negative numbers the real one for odd degrees
  kNegate,
  kSqrt,
  kExp,
  kLn,
  kLog10,
  kSin,
  kCos,
  kTan,
  kCot,
  kSec,
  kCsc,
  kArcsin,
  kArccos,
  kArctan,
  kSinh,
  kCosh,
  kTanh,
  kAbs,
  kFloor,
  kCeil,
  kFactorial,
};

struct Expression {
  static constexpr size_t kMostNodes = 2000, kMostDigits = 20000;
  static constexpr int kMostDepth = 200;

  struct Node {
    Operation operation = Operation::kNumber;
    int left = -1, right = -1;  // earlier nodes
    std::string text;
  };
  std::vector<Node> nodes;
  std::vector<std::string> symbols;  // names, each once

  int add(Operation operation, int left = -1, int right = -1) {
    if (nodes.size() >= kMostNodes) throw GaveUp();
    nodes.push_back({.operation = operation, .left = left, .right = right});
    return static_cast<int>(nodes.size()) - 1;
  }
  int number(std::string_view digits);
  int symbol(std::string_view name);
};

}  // namespace hrm::grading
