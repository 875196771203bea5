// Any expression at seeded points, in complex balls.
#include <algorithm>
#include <memory>
#include <string>

#include "grading/equality_stages.h"

namespace hrm::grading {
namespace {

constexpr long kPrecisions[] = {128, 512};
constexpr long kMostExponentBits = 1L << 20;  // |value| < 2^this, so that no later operation needs much memory
constexpr long kMostArgumentBits = 64;        // of exponential and periodic functions, and of exponents
constexpr long kZeroBits = 256;               // |difference| < 2^-this, where |sides| are at most 1, counts as zero
constexpr double kPointBegin[] = {0, 1, -2};  // the symbols' values lie within 1 above
constexpr int kPoints = 3;

class Ball {
 public:
  explicit Ball(const ExactLibrary& library) : library_(library) { library.acb_init(&value); }
  ~Ball() { library_.acb_clear(&value); }
  Ball(const Ball&) = delete;
  Ball& operator=(const Ball&) = delete;
  Acb value;

 private:
  const ExactLibrary& library_;
};

class RealBall {
 public:
  explicit RealBall(const ExactLibrary& library) : library_(library) { library.arb_init(&value); }
  ~RealBall() { library_.arb_clear(&value); }
  RealBall(const RealBall&) = delete;
  RealBall& operator=(const RealBall&) = delete;
  Arb value;

 private:
  const ExactLibrary& library_;
};

using Unary = void (*)(Acb*, const Acb*, long);

Unary unary_of(const ExactLibrary& library, Operation operation) {
  switch (operation) {
    case Operation::kSqrt:
      return library.acb_sqrt;
    case Operation::kExp:
      return library.acb_exp;
    case Operation::kLn:
    case Operation::kLog10:
      return library.acb_log;
    case Operation::kSin:
      return library.acb_sin;
    case Operation::kCos:
      return library.acb_cos;
    case Operation::kTan:
      return library.acb_tan;
    case Operation::kCot:
      return library.acb_cot;
    case Operation::kSec:
      return library.acb_sec;
    case Operation::kCsc:
      return library.acb_csc;
    case Operation::kArcsin:
      return library.acb_asin;
    case Operation::kArccos:
      return library.acb_acos;
    case Operation::kArctan:
      return library.acb_atan;
    case Operation::kSinh:
      return library.acb_sinh;
    case Operation::kCosh:
      return library.acb_cosh;
    case Operation::kTanh:
      return library.acb_tanh;
    default:
      return nullptr;
  }
}

// One evaluation of all nodes at one point with one precision.
class Evaluation {
 public:
  Evaluation(const ExactLibrary& library, const Expression& expression, int point, long precision)
      : library_(library), expression_(expression), point_(point), precision_(precision) {
    for (size_t i = 0; i < expression.nodes.size(); ++i) balls_.push_back(std::make_unique<Ball>(library));
  }

  // False: it has no finite value here.
  bool run(const std::vector<bool>& needed, const Deadline& deadline) {
    for (size_t i = 0; i < balls_.size(); ++i) {
      if (!needed[i]) continue;
      if (deadline.passed()) throw GaveUp();
      evaluate(expression_.nodes[i], balls_[i]->value);
      if (!library_.acb_is_finite(&balls_[i]->value)) return false;
      if (bits(balls_[i]->value) > kMostExponentBits) throw GaveUp();
    }
    return true;
  }

  // |value| < 2^bits.
  long bits(const Acb& value) const {
    Arf bound;
    library_.arf_init(&bound);
    library_.acb_get_abs_ubound_arf(&bound, &value, 64);
    const long exponent = library_.arf_abs_bound_lt_2exp_si(&bound);
    library_.arf_clear(&bound);
    return exponent;
  }

  const Acb& at(int node) const { return balls_[static_cast<size_t>(node)]->value; }

  bool surely_not_real(int node) const {
    RealBall imaginary(library_);
    library_.acb_get_imag(&imaginary.value, &at(node));
    return !library_.arb_contains_zero(&imaginary.value);
  }

 private:
  void evaluate(const Expression::Node& node, Acb& result) {
    const ExactLibrary& fn = library_;
    switch (node.operation) {
      case Operation::kNumber:
        return set_number(node.text, result);
      case Operation::kSymbol:
        return fn.acb_set_d(&result, symbol_value(node.text));
      case Operation::kPi:
        return fn.acb_const_pi(&result, precision_);
      case Operation::kE: {
        RealBall e(fn);
        fn.arb_const_e(&e.value, precision_);
        return fn.acb_set_arb(&result, &e.value);
      }
      case Operation::kI:
        return fn.acb_onei(&result);
      case Operation::kAdd:
        return fn.acb_add(&result, &at(node.left), &at(node.right), precision_);
      case Operation::kSubtract:
        return fn.acb_sub(&result, &at(node.left), &at(node.right), precision_);
      case Operation::kMultiply:
        return fn.acb_mul(&result, &at(node.left), &at(node.right), precision_);
      case Operation::kDivide:
        return fn.acb_div(&result, &at(node.left), &at(node.right), precision_);
      case Operation::kNegate:
        return fn.acb_neg(&result, &at(node.left));
      case Operation::kPower:
        if (bits(at(node.right)) > kMostArgumentBits) throw GaveUp();
        return fn.acb_pow(&result, &at(node.left), &at(node.right), precision_);
      case Operation::kRoot:
        return set_root(node, result);
      default:
        return set_function(node, result);
    }
  }

  void set_number(const std::string& text, Acb& result) {
    RealBall number(library_);
    if (library_.arb_set_str(&number.value, text.c_str(), precision_) != 0) throw GaveUp();
    library_.acb_set_arb(&result, &number.value);
  }

  // A fraction of 2^20 within the point's interval, by the symbol's name.
  double symbol_value(const std::string& name) const {
    const double fraction = static_cast<double>(name_hash(name) >> 44 | 1) * 0x1p-20;
    return kPointBegin[point_] + fraction;
  }

  uint64_t name_hash(std::string_view name) const {
    uint64_t hash = 0x9E3779B97F4A7C15u * static_cast<uint64_t>(point_ + 1);
    for (const char c : name) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0xBF58476D1CE4E5B9u;
      hash ^= hash >> 29;
    }
    return hash;
  }

  void set_root(const Expression::Node& node, Acb& result) {
    const auto degree = whole_exponent(expression_, node.right, 1000);
    if (!degree || *degree < 1) throw GaveUp();
    const auto n = static_cast<unsigned long>(*degree);
    RealBall radicand(library_);
    library_.acb_get_real(&radicand.value, &at(node.left));
    const bool negative = library_.acb_is_real(&at(node.left)) && library_.arb_is_negative(&radicand.value);
    if (!negative || n % 2 == 0) return library_.acb_root_ui(&result, &at(node.left), n, precision_);
    library_.arb_neg(&radicand.value, &radicand.value);
    library_.arb_root_ui(&radicand.value, &radicand.value, n, precision_);
    library_.arb_neg(&radicand.value, &radicand.value);
    library_.acb_set_arb(&result, &radicand.value);
  }

  void set_function(const Expression::Node& node, Acb& result) {
    const ExactLibrary& fn = library_;
    if (const Unary unary = unary_of(fn, node.operation)) {
      const bool any_size =
          node.operation == Operation::kSqrt || node.operation == Operation::kLn || node.operation == Operation::kLog10;
      if (!any_size && bits(at(node.left)) > kMostArgumentBits) throw GaveUp();
      unary(&result, &at(node.left), precision_);
      if (node.operation != Operation::kLog10) return;
      Ball ten(fn);
      fn.acb_set_d(&ten.value, 10);
      fn.acb_log(&ten.value, &ten.value, precision_);
      return fn.acb_div(&result, &result, &ten.value, precision_);
    }
    RealBall real(fn);
    if (node.operation == Operation::kAbs) {
      fn.acb_abs(&real.value, &at(node.left), precision_);
    } else if (node.operation == Operation::kFactorial) {
      if (bits(at(node.left)) > 12) throw GaveUp();
      Ball next(fn);
      fn.acb_set_d(&next.value, 1);
      fn.acb_add(&next.value, &next.value, &at(node.left), precision_);
      return fn.acb_gamma(&result, &next.value, precision_);
    } else {  // floor and ceiling
      if (!fn.acb_is_real(&at(node.left)) || bits(at(node.left)) > precision_ / 2) throw GaveUp();
      fn.acb_get_real(&real.value, &at(node.left));
      (node.operation == Operation::kFloor ? fn.arb_floor : fn.arb_ceil)(&real.value, &real.value, precision_);
    }
    fn.acb_set_arb(&result, &real.value);
  }

  const ExactLibrary& library_;
  const Expression& expression_;
  int point_;
  long precision_;
  std::vector<std::unique_ptr<Ball>> balls_;
};

enum class AtPoint { kZero, kDifferent, kDifferentBeyondReals, kNoValue };

struct Probe {
  const Equation& equation;
  const std::vector<bool>& needed;  // needed_by(equation)
  int point;
};

AtPoint compare_at(const ExactLibrary& library, const Probe& probe, const Deadline& deadline) {
  const auto& [expression, left, right] = probe.equation;
  for (const long precision : kPrecisions) {
    Evaluation evaluation(library, expression, probe.point, precision);
    if (!evaluation.run(probe.needed, deadline)) {
      if (precision == kPrecisions[1]) return AtPoint::kNoValue;
      continue;
    }
    Ball difference(library);
    library.acb_sub(&difference.value, &evaluation.at(left), &evaluation.at(right), precision);
    if (!library.acb_contains_zero(&difference.value)) {
      const bool beyond = evaluation.surely_not_real(left) || evaluation.surely_not_real(right);
      return beyond ? AtPoint::kDifferentBeyondReals : AtPoint::kDifferent;
    }
    const long scale = std::max({0L, evaluation.bits(evaluation.at(left)), evaluation.bits(evaluation.at(right))});
    if (evaluation.bits(difference.value) < scale - kZeroBits) return AtPoint::kZero;
  }
  throw GaveUp();
}

}  // namespace

Equality compare_balls(const ExactLibrary& library, const Equation& equation, const Deadline& deadline) {
  const Expression& expression = equation.expression;
  const std::vector<bool> needed = needed_by(equation);
  bool is_complex = false;
  for (size_t i = 0; i < needed.size(); ++i)
    is_complex = is_complex || (needed[i] && expression.nodes[i].operation == Operation::kI);
  const int points = expression.symbols.empty() ? 1 : kPoints;
  int zeros = 0, doubts = 0;
  for (int point = 0; point < points; ++point) {
    switch (compare_at(library, {equation, needed, point}, deadline)) {
      case AtPoint::kZero:
        ++zeros;
        break;
      case AtPoint::kDifferent:
        return Equality::kDifferent;
      case AtPoint::kDifferentBeyondReals:
        if (is_complex || points == 1) return Equality::kDifferent;
        ++doubts;
        break;
      case AtPoint::kNoValue:
        break;
    }
  }
  if (doubts > 0) return zeros > 0 ? Equality::kUnknown : Equality::kDifferent;
  if (zeros == 0) return Equality::kUndefined;
  return zeros >= std::min(points, 2) ? Equality::kEqual : Equality::kUnknown;
}

}  // namespace hrm::grading
