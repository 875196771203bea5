#include "kernels/quantize.h"

#include <limits>

#include "kernels/testing/arrays.h"

namespace hrm::kernels {
namespace {

constexpr uint8_t kUntouched = 77;
constexpr size_t kRowCounts[] = {1, 2, 3, 4, 5, 7, 8, 17, 41};

template <typename X>
class Quantize : public testing::Test {};
using Inputs = testing::Types<float, bf16>;
TYPED_TEST_SUITE(Quantize, Inputs);

// value(r, c) of a byte: scale (q - 128) must be x within half a step.
template <typename X, typename Byte, typename Scale>
void expect_nearest(Size size, const Grid<X>& x, Byte byte, Scale scale) {
  for (size_t r = 0; r < size.rows; ++r)
    for (size_t c = 0; c < size.width; ++c) {
      const double value = to_float(x.values[x.shift + r * x.ld + c]), step = scale(r, c);
      ASSERT_LE(std::abs(step * (byte(r, c) - 128.0) - value), 0.5001 * step) << r << ", " << c;
    }
}

template <typename X, typename Function>
void check_rows(Function quantize) {
  for (size_t rows : kRowCounts)
    for_each_tail([&](size_t width, size_t shift) {
      if (testing::Test::HasFatalFailure()) return;
      const Size size = {rows, width};
      Grid<X> x(size, shift, 0.3 * static_cast<double>(rows));
      const size_t ld = width + 3;
      std::vector<uint8_t> q(shift + (rows + 1) * ld, kUntouched);
      std::vector<float> scales(rows + 1, -1);
      quantize(size, x.view(), Panel<uint8_t>{q.data() + shift, ld}, scales.data());
      expect_nearest(
          size, x, [&](size_t r, size_t c) { return q[shift + r * ld + c]; },
          [&](size_t r, size_t) { return scales[r]; });
      for (size_t r = 0; r < rows; ++r) {
        float largest = 0;
        for (size_t c = 0; c < width; ++c)
          largest = std::max(largest, std::abs(to_float(x.values[x.shift + r * x.ld + c])));
        ASSERT_FLOAT_EQ(scales[r], largest / 127);
        for (size_t c = width; c < ld; ++c) ASSERT_EQ(q[shift + r * ld + c], kUntouched);
      }
      ASSERT_EQ(scales[rows], -1);
    });
}

template <typename X, typename Function>
void check_columns(Function quantize) {
  for (size_t rows : kRowCounts)
    for_each_tail([&](size_t width, size_t shift) {
      if (testing::Test::HasFatalFailure()) return;
      const Size size = {rows, width};
      Grid<X> x(size, shift, 0.3 * static_cast<double>(rows));
      const size_t ld = width + 3;
      std::vector<uint8_t> q(shift + (whole_groups(rows) + 4) * ld, kUntouched);
      std::vector<float> scales(width + 1, -1);
      quantize(size, x.view(), Panel<uint8_t>{q.data() + shift, ld}, scales.data());
      const auto byte = [&](size_t r, size_t c) { return q[shift + (r / 4 * ld + c) * 4 + r % 4]; };
      expect_nearest(size, x, byte, [&](size_t, size_t c) { return scales[c]; });
      for (size_t c = 0; c < ld; ++c)
        for (size_t r = c < width ? rows : 0; r < whole_groups(rows); ++r)
          ASSERT_EQ(byte(r, c), c < width ? 0 : kUntouched);
      ASSERT_EQ(scales[width], -1);
    });
}

TYPED_TEST(Quantize, IsTheNearestByteOnEveryTailAndAlignment) {
  using X = TypeParam;
  check_rows<X>(scalar::quantize_rows<X>);
  check_columns<X>(scalar::quantize_columns<X>);
  check_rows<X>(quantize_rows<X>);
  check_columns<X>(quantize_columns<X>);
  for_each_table([](const VectorTable& set) {
    check_rows<X>(operand_table<X>(set).quantize_rows);
    check_columns<X>(operand_table<X>(set).quantize_columns);
  });
}

TEST(QuantizeRows, TiesGoToEvenAndZerosHaveNoScale) {
  const std::vector<float> x = {127, 0.5f, 1.5f, -2.5f, -127, 0, 0, 0, 0, 0};
  for_each_table([&](const VectorTable& set) {
    std::vector<uint8_t> q(10);
    std::vector<float> scales(2);
    set.for_float.quantize_rows({2, 5}, {x.data(), 5}, {q.data(), 5}, scales.data());
    EXPECT_EQ(q, (std::vector<uint8_t>{255, 128, 130, 126, 1, 128, 128, 128, 128, 128}));
    EXPECT_EQ(scales, (std::vector<float>{1, 0}));
  });
}

TEST(QuantizeRows, NotANumberAndInfinityReachTheScale) {
  for_each_table([](const VectorTable& set) {
    for (size_t at : {0u, 15u, 16u, 36u}) {
      std::vector<float> x(37, 1), scales(37);
      std::vector<uint8_t> q(4 * 37);
      x[at] = std::numeric_limits<float>::quiet_NaN();
      set.for_float.quantize_rows({1, 37}, {x.data(), 37}, {q.data(), 37}, scales.data());
      EXPECT_TRUE(std::isnan(scales[0])) << at;
      set.for_float.quantize_columns({1, 37}, {x.data(), 37}, {q.data(), 37}, scales.data());
      EXPECT_TRUE(std::isnan(scales[at])) << at;
      x[at] = -std::numeric_limits<float>::infinity();
      set.for_float.quantize_rows({1, 37}, {x.data(), 37}, {q.data(), 37}, scales.data());
      EXPECT_TRUE(std::isinf(scales[0])) << at;
    }
  });
}

}  // namespace
}  // namespace hrm::kernels
