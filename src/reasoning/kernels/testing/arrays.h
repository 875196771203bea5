// What the tests of this room share: irregular numbers at every alignment, and comparison of whole arrays, so that a
// write outside the panel is seen as well. Test code only.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/panel.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {

// rows x ld elements, preceded by `offset` and followed by one row more, all set.
template <typename T>
struct Grid {
  Grid(Size size, size_t offset = 0, double phase = 0, size_t gap = 3)
      : shift(offset), ld(size.width + gap), values(offset + (size.rows + 1) * ld) {
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = to_operand<T>(static_cast<float>(3 * std::sin(phase + 1.7 * static_cast<double>(i))));
  }
  T* data() { return values.data() + shift; }
  Panel<T> panel() { return {data(), ld}; }
  Panel<const T> view() { return panel(); }

  size_t shift, ld;
  std::vector<T> values;
};

// |a - b| <= tolerance * max(1, |b|) everywhere; bf16 may also differ by its last bit.
template <typename T>
void expect_near(const std::vector<T>& a, const std::vector<T>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  const double last_bit = kPair<T> == 2 ? 1.0 / 128 : 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = to_float(a[i]), y = to_float(b[i]);
    ASSERT_LE(std::abs(x - y), tolerance * std::max(1.0, std::abs(y)) + last_bit * std::abs(y))
        << "at " << i << ": " << x << ", expected " << y;
  }
}

template <typename T>
void expect_near(const Grid<T>& a, const Grid<T>& b, double tolerance) {
  expect_near(a.values, b.values, tolerance);
}

template <typename T>
void expect_same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) ASSERT_EQ(to_float(a[i]), to_float(b[i])) << "at " << i;
}

// body(table) for every instruction set of this machine.
template <typename Body>
void for_each_table(Body body) {
  for (const NamedTable& set : machine_tables()) {
    SCOPED_TRACE(set.name);
    body(*set.table);
  }
}

// body(n, shift) for every tail and a misaligned start each.
template <typename Body>
void for_each_tail(Body body) {
  for (size_t n = 1; n <= 70; ++n) {
    SCOPED_TRACE(testing::Message() << "n = " << n);
    body(n, n * 7 % 16);
  }
}

// dL/dx[i] by central differences of L(x) = loss(), x being changed in place.
template <typename Loss>
double central_difference(float& x, Loss loss, float step = 1e-2f) {
  const float kept = x, up = kept + step, down = kept - step;
  x = up;
  const double high = loss();
  x = down;
  const double low = loss();
  x = kept;
  return (high - low) / (double{up} - double{down});
}

// The loss sum_i weight(i) y[i] whose gradient dL/dy is weight.
inline double weighted_sum(const std::vector<float>& y, const std::vector<float>& weight) {
  double sum = 0;
  for (size_t i = 0; i < y.size(); ++i) sum += double{weight[i]} * y[i];
  return sum;
}

}  // namespace hrm::kernels
