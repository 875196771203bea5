#include "kernels/rms_norm.h"

#include "kernels/testing/arrays.h"

namespace hrm::kernels {
namespace {

constexpr float kEpsilon = 1e-5f;

template <typename E>
class RmsNorm : public testing::Test {};
using RmsNormOperands = testing::Types<float, bf16>;
TYPED_TEST_SUITE(RmsNorm, RmsNormOperands);

TYPED_TEST(RmsNorm, RowsEqualScalarReferenceOnEveryTailAndAlignment) {
  using E = TypeParam;
  for_each_table([](const VectorTable& set) {
    const OperandTable<E>& table = operand_table<E>(set);
    for_each_tail([&](size_t n, size_t shift) {
      const Size size = {3, n};
      Grid<float> x(size, shift), x_truth = x, scales({1, 3}), scales_truth = scales;
      Grid<E> y(size, 5, 1), y_truth = y;
      table.rms_norm_rows(size, x.panel(), kEpsilon, {y.panel(), scales.data()});
      scalar::rms_norm_rows<E>(size, x_truth.panel(), kEpsilon, {y_truth.panel(), scales_truth.data()});
      expect_near(x, x_truth, 5e-7);
      expect_near(y, y_truth, 5e-7);
      expect_near(scales, scales_truth, 5e-7);
      Grid<float> g(size, shift, 2), g_truth = g;
      table.rms_norm_rows_backward(size, y_truth.panel(), scales.data(), g.panel());
      scalar::rms_norm_rows_backward<E>(size, y_truth.panel(), scales.data(), g_truth.panel());
      expect_near(g, g_truth, 3e-6);
      Grid<float> plain(size, shift);
      table.rms_norm_rows(size, plain.panel(), kEpsilon, {});
      expect_same_bits(plain.values, x.values);
    });
  });
}

TYPED_TEST(RmsNorm, ColumnsEqualScalarReferenceOnEveryTailAndAlignment) {
  using E = TypeParam;
  for_each_table([](const VectorTable& set) {
    const OperandTable<E>& table = operand_table<E>(set);
    for_each_tail([&](size_t n, size_t shift) {
      const Size size = {1 + n % 11, n};
      Grid<float> x(size, shift), x_truth = x, scales({1, n}, 1), scales_truth = scales;
      Grid<E> y(size, 5, 1), y_truth = y;
      table.rms_norm_columns(size, x.panel(), kEpsilon, {y.panel(), scales.data()});
      scalar::rms_norm_columns<E>(size, x_truth.panel(), kEpsilon, {y_truth.panel(), scales_truth.data()});
      expect_near(x, x_truth, 1e-6);
      expect_near(y, y_truth, 1e-6);
      expect_near(scales, scales_truth, 1e-6);
      Grid<float> g(size, shift, 2), g_truth = g;
      table.rms_norm_columns_backward(size, y_truth.panel(), scales.data(), g.panel());
      scalar::rms_norm_columns_backward<E>(size, y_truth.panel(), scales.data(), g_truth.panel());
      // One row: y = +-1 and the gradient all but cancels, at a scale of up to 1 / |x|.
      for (size_t c = 0; c < n; ++c)
        for (size_t r = 0; r < size.rows; ++r)
          ASSERT_NEAR(g.data()[r * g.ld + c], g_truth.data()[r * g.ld + c], 5e-6 * std::max(1.f, scales.data()[c]));
    });
  });
}

TYPED_TEST(RmsNorm, ARowOrColumnDoesNotDependOnItsPanel) {
  using E = TypeParam;
  const Size size = {9, 45};
  for_each_table([&](const VectorTable& set) {
    const OperandTable<E>& table = operand_table<E>(set);
    Grid<float> together(size), alone = together;
    Grid<E> y(size), y_alone = y;
    table.rms_norm_rows(size, together.panel(), kEpsilon, {y.panel(), nullptr});
    for (size_t r = 0; r < size.rows; ++r)
      table.rms_norm_rows({1, size.width}, {alone.data() + r * alone.ld, alone.ld}, kEpsilon,
                          {{y_alone.data() + r * y.ld, y.ld}, nullptr});
    expect_same_bits(together.values, alone.values);
    expect_same_bits(y.values, y_alone.values);
    table.rms_norm_columns(size, together.panel(), kEpsilon, {y.panel(), nullptr});
    for (size_t c = 0; c < size.width; ++c)
      table.rms_norm_columns({size.rows, 1}, {alone.data() + c, alone.ld}, kEpsilon,
                             {{y_alone.data() + c, y.ld}, nullptr});
    expect_same_bits(together.values, alone.values);
    expect_same_bits(y.values, y_alone.values);
  });
}

TEST(RmsNormGradient, EqualsCentralDifferences) {
  const Size size = {3, 11};
  Grid<float> x(size, 0, 1, 0), weight(size, 0, 2, 0);
  weight.values.resize(size.rows * size.width);
  x.values.resize(weight.values.size());
  for (bool rows : {true, false}) {
    const auto forward = [&](Grid<float>& in, float* scales) {
      if (rows)
        scalar::rms_norm_rows<float>(size, in.panel(), kEpsilon, {{}, scales});
      else
        scalar::rms_norm_columns<float>(size, in.panel(), kEpsilon, {{}, scales});
    };
    Grid<float> y = x, g = weight;
    std::vector<float> scales(size.width);
    forward(y, scales.data());
    if (rows)
      rms_norm_rows_backward<float>(size, y.panel(), scales.data(), g.panel());
    else
      rms_norm_columns_backward<float>(size, y.panel(), scales.data(), g.panel());
    for (size_t i = 0; i < x.values.size(); ++i) {
      const double expected = central_difference(
          x.values[i],
          [&] {
            Grid<float> again = x;
            forward(again, nullptr);
            return weighted_sum(again.values, weight.values);
          },
          1e-3f);
      EXPECT_NEAR(g.values[i], expected, 2e-3) << "i = " << i << ", rows = " << rows;
    }
  }
}

TEST(RmsNormZero, StaysZero) {
  std::vector<float> x(8, 0.f);
  float scale = 0;
  rms_norm_rows<float>({1, 8}, {x.data(), 8}, kEpsilon, {{}, &scale});
  EXPECT_FLOAT_EQ(scale, 1 / std::sqrt(kEpsilon));
  for (float value : x) EXPECT_EQ(value, 0.f);
}

}  // namespace
}  // namespace hrm::kernels
