// Rational functions over the rationals: each node is a fraction of two polynomials that FLINT holds.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "base/beta.h"
#include "grading/equality_stages.h"

namespace hrm::grading {
namespace {

constexpr size_t kMostSymbols = 6;
constexpr long kMostExponent = 100000;
constexpr double kMostTerms = 2000, kMostDegree = 256, kMostBits = 100000;

// What the next operation would make, from above.
struct Size {
  double terms = 1, degree = 0, bits = 1;
};

class Ring {
 public:
  Ring(const ExactLibrary& exact, size_t symbols) : library(exact) {
    library.fmpq_mpoly_ctx_init(&context, static_cast<long>(symbols), 0);
  }
  ~Ring() { library.fmpq_mpoly_ctx_clear(&context); }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  const ExactLibrary& library;
  PolynomialRing context;
};

class Poly {
 public:
  explicit Poly(const Ring& ring) : ring_(ring) { ring.library.fmpq_mpoly_init(&value_, &ring.context); }
  Poly(const Poly& other) : Poly(other.ring_) {
    ring_.library.fmpq_mpoly_set(&value_, &other.value_, &ring_.context);
    size_ = other.size_;
  }
  ~Poly() { ring_.library.fmpq_mpoly_clear(&value_, &ring_.context); }
  Poly& operator=(const Poly&) = delete;

  static Poly one(const Ring& ring) {
    Poly poly(ring);
    ring.library.fmpq_mpoly_one(&poly.value_, &ring.context);
    return poly;
  }

  static Poly symbol(const Ring& ring, size_t index) {
    Poly poly(ring);
    ring.library.fmpq_mpoly_gen(&poly.value_, static_cast<long>(index), &ring.context);
    poly.size_.degree = 1;
    return poly;
  }

  static Poly number(const Ring& ring, const std::string& decimal) {
    const size_t point = decimal.find('.');
    std::string fraction = decimal;
    if (point != std::string::npos) {
      fraction.erase(point, 1);
      fraction += "/1" + std::string(decimal.size() - point - 1, '0');
    }
    Poly poly(ring);
    Fmpq value;
    ring.library.fmpq_init(&value);
    const bool read = ring.library.fmpq_set_str(&value, fraction.c_str(), 10) == 0;
    if (read) {
      ring.library.fmpq_canonicalise(&value);
      ring.library.fmpq_mpoly_set_fmpq(&poly.value_, &value, &ring.context);
    }
    ring.library.fmpq_clear(&value);
    if (!read) throw GaveUp();
    poly.size_.bits = 4.0 * static_cast<double>(fraction.size());
    return poly;
  }

  bool is_zero() const { return ring_.library.fmpq_mpoly_is_zero(&value_, &ring_.context) != 0; }

  Poly negated() const {
    Poly poly(ring_);
    ring_.library.fmpq_mpoly_neg(&poly.value_, &value_, &ring_.context);
    poly.size_ = size_;
    return poly;
  }

  friend Poly operator+(const Poly& a, const Poly& b) {
    Poly sum(a.ring_);
    sum.bound(
        {a.size_.terms + b.size_.terms, std::max(a.size_.degree, b.size_.degree), a.size_.bits + b.size_.bits + 1});
    sum.ring_.library.fmpq_mpoly_add(&sum.value_, &a.value_, &b.value_, &sum.ring_.context);
    return sum.measured();
  }

  friend Poly operator*(const Poly& a, const Poly& b) {
    Poly product(a.ring_);
    product.bound({a.size_.terms * b.size_.terms, a.size_.degree + b.size_.degree,
                   a.size_.bits + b.size_.bits + std::log2(1 + std::min(a.size_.terms, b.size_.terms))});
    product.ring_.library.fmpq_mpoly_mul(&product.value_, &a.value_, &b.value_, &product.ring_.context);
    return product.measured();
  }

  Poly to_the(unsigned long exponent) const {
    Poly power(ring_);
    const double k = static_cast<double>(exponent);
    // Multisets of k terms.
    const double terms = std::exp(log_gamma(size_.terms + k) - log_gamma(k + 1) - log_gamma(size_.terms));
    power.bound({std::max(1.0, terms), size_.degree * k, (size_.bits + std::log2(1 + size_.terms)) * std::max(1.0, k)});
    if (!ring_.library.fmpq_mpoly_pow_ui(&power.value_, &value_, exponent, &ring_.context)) throw GaveUp();
    return power.measured();
  }

 private:
  void bound(const Size& size) {
    if (size.terms > kMostTerms || size.degree > kMostDegree || size.bits > kMostBits) throw GaveUp();
    size_ = size;
  }
  Poly& measured() {
    size_.terms = std::max(1.0, static_cast<double>(ring_.library.fmpq_mpoly_length(&value_, &ring_.context)));
    return *this;
  }

  const Ring& ring_;
  Polynomial value_;
  Size size_;
};

struct Quotient {
  Poly above, below;
};
using MaybeQuotient = std::unique_ptr<Quotient>;

struct DividedByZero {};

Quotient inverse(const Quotient& a) {
  if (a.above.is_zero()) throw DividedByZero();
  return {a.below, a.above};
}

Quotient value_of(const Ring& ring, const Expression& expression, size_t index,
                  const std::vector<MaybeQuotient>& values) {
  const Expression::Node& node = expression.nodes[index];
  const auto operand = [&](int at) -> const Quotient& { return *values[static_cast<size_t>(at)]; };
  switch (node.operation) {
    case Operation::kNumber:
      return {Poly::number(ring, node.text), Poly::one(ring)};
    case Operation::kSymbol: {
      const auto at = std::ranges::find(expression.symbols, node.text);
      return {Poly::symbol(ring, static_cast<size_t>(at - expression.symbols.begin())), Poly::one(ring)};
    }
    case Operation::kNegate:
      return {operand(node.left).above.negated(), operand(node.left).below};
    case Operation::kAdd:
    case Operation::kSubtract: {
      const Quotient &a = operand(node.left), &b = operand(node.right);
      const Poly right = node.operation == Operation::kAdd ? b.above : b.above.negated();
      return {a.above * b.below + right * a.below, a.below * b.below};
    }
    case Operation::kMultiply:
      return {operand(node.left).above * operand(node.right).above,
              operand(node.left).below * operand(node.right).below};
    case Operation::kDivide: {
      const Quotient &a = operand(node.left), b = inverse(operand(node.right));
      return {a.above * b.above, a.below * b.below};
    }
    default: {  // a power with a whole exponent
      const long exponent = *whole_exponent(expression, node.right, kMostExponent);
      const Quotient base = exponent < 0 ? inverse(operand(node.left)) : operand(node.left);
      const auto size = static_cast<unsigned long>(std::abs(exponent));
      return {base.above.to_the(size), base.below.to_the(size)};
    }
  }
}

bool is_rational(const Expression& expression, const std::vector<bool>& needed) {
  for (size_t i = 0; i < needed.size(); ++i) {
    if (!needed[i]) continue;
    const Expression::Node& node = expression.nodes[i];
    switch (node.operation) {
      case Operation::kNumber:
      case Operation::kSymbol:
      case Operation::kAdd:
      case Operation::kSubtract:
      case Operation::kMultiply:
      case Operation::kDivide:
      case Operation::kNegate:
        break;
      case Operation::kPower:
        if (!whole_exponent(expression, node.right, kMostExponent)) return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

}  // namespace

Equality compare_polynomials(const ExactLibrary& library, const Equation& equation, const Deadline& deadline) {
  const auto& [expression, left, right] = equation;
  const std::vector<bool> needed = needed_by(equation);
  if (expression.symbols.size() > kMostSymbols || !is_rational(expression, needed)) return Equality::kUnknown;
  const Ring ring(library, expression.symbols.size());
  std::vector<MaybeQuotient> values(expression.nodes.size());
  try {
    for (size_t i = 0; i < values.size(); ++i) {
      if (!needed[i]) continue;
      if (deadline.passed()) throw GaveUp();
      values[i] = std::make_unique<Quotient>(value_of(ring, expression, i, values));
    }
    const Quotient &a = *values[static_cast<size_t>(left)], &b = *values[static_cast<size_t>(right)];
    return (a.above * b.below + (b.above * a.below).negated()).is_zero() ? Equality::kEqual : Equality::kDifferent;
  } catch (const DividedByZero&) {
    return Equality::kUndefined;
  } catch (const GaveUp&) {
    if (deadline.passed()) throw;
    return Equality::kUnknown;  // too large for this, perhaps not for balls
  }
}

}  // namespace hrm::grading
