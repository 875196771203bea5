// exp and atan2 of vector_math.inc, swept over their range, and the float product of vector_gemm.inc.
#include <limits>

#include "kernels/swiglu.h"
#include "kernels/testing/arrays.h"

namespace hrm::kernels {
namespace {

TEST(VectorMath, ExpIsWithinTwoE7OverItsRange) {
  std::vector<float> x, y;
  for (double v = -87; v <= 88; v += 175.0 / 1'000'003) x.push_back(static_cast<float>(v));
  x.insert(x.end(), {0.f, -0.f, 88.f, -87.f, 1e-30f});
  y.resize(x.size());
  for_each_table([&](const VectorTable& table) {
    table.exp(x.data(), y.data(), x.size());
    double worst = 0;
    for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(y[i] / std::exp(double{x[i]}) - 1));
    EXPECT_LE(worst, 2e-7);
  });
}

TEST(VectorMath, ExpSaturatesAndKeepsNan) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {-1000, -kInf, 89, 1000, kInf, std::nanf("")};
  std::vector<float> y(x.size());
  for_each_table([&](const VectorTable& table) {
    table.exp(x.data(), y.data(), x.size());
    for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(y[i] / scalar::exp(x[i]), 1, 2e-7) << x[i];
    EXPECT_TRUE(std::isnan(y[5]));
  });
}

TEST(VectorMath, Atan2IsWithinThreeE7) {
  std::vector<float> y, x;
  for (int i = -2000; i <= 2000; ++i)
    for (double length : {1e-20, 1e-3, 1.0, 1e15}) {
      const double angle = 1.57079632 * i / 2000;
      y.push_back(static_cast<float>(length * std::sin(angle)));
      x.push_back(static_cast<float>(length * std::cos(angle)));
    }
  y.insert(y.end(), {0.f, 1.f, -1.f, 0.f});
  x.insert(x.end(), {0.f, 0.f, 0.f, 5.f});
  std::vector<float> out(y.size());
  for_each_table([&](const VectorTable& table) {
    table.atan2(y.data(), x.data(), out.data(), y.size());
    for (size_t i = 0; i < y.size(); ++i)
      ASSERT_NEAR(out[i], std::atan2(double{y[i]}, double{x[i]}), 3e-7) << y[i] << " " << x[i];
    EXPECT_EQ(out[y.size() - 4], 0);
    const float nan = std::nanf(""), one = 1;
    float result = 0;
    table.atan2(&nan, &one, &result, 1);
    EXPECT_TRUE(std::isnan(result));
    table.atan2(&one, &nan, &result, 1);
    EXPECT_TRUE(std::isnan(result));
  });
}

struct Shape {
  size_t m, n, k, count;
};

// Columns of A, B and C are m + 3, k + 3, m + 3 apart.
void multiply(const VectorTable& table, const Shape& s, Grid<float>& a, Grid<float>& b, Grid<float>& c, bool add,
              size_t first, size_t columns) {
  table.gemm_f32({.m = s.m,
                  .n = columns,
                  .k = s.k,
                  .lda = a.ld,
                  .ldb = b.ld,
                  .ldc = c.ld,
                  .accumulate = add,
                  .stride_a = s.k * a.ld,
                  .stride_b = s.n * b.ld},
                 {a.data(), b.data() + first * b.ld, c.data() + first * c.ld, s.count});
}

TEST(VectorGemm, EqualsTheDefinitionForEveryTail) {
  std::vector<Shape> shapes = {{64, 82, 128, 1}, {32, 5, 1, 3}, {82, 41, 82, 2}};
  for (size_t m = 1; m <= 70; ++m) shapes.push_back({m, m % 15 + 1, m % 9 + 1, m % 3 + 1});
  for_each_table([&](const VectorTable& table) {
    for (const Shape& s : shapes) {
      SCOPED_TRACE(testing::Message() << s.m << " x " << s.n << " x " << s.k << ", " << s.count);
      for (bool accumulate : {false, true}) {
        Grid<float> a({s.k * s.count, s.m}, s.m % 16), b({s.n * s.count, s.k}, 3, 1), c({s.n, s.m}, 5, 2),
            reference = c;
        multiply(table, s, a, b, c, accumulate, 0, s.n);
        for (size_t j = 0; j < s.n; ++j)
          for (size_t i = 0; i < s.m; ++i) {
            double sum = accumulate ? reference.data()[j * c.ld + i] : 0;
            for (size_t r = 0; r < s.count; ++r)
              for (size_t q = 0; q < s.k; ++q)
                sum += double{a.data()[(r * s.k + q) * a.ld + i]} * b.data()[(r * s.n + j) * b.ld + q];
            reference.data()[j * c.ld + i] = static_cast<float>(sum);
          }
        expect_near(c, reference, 2e-4);
      }
    }
  });
}

TEST(VectorGemm, AColumnDoesNotDependOnTheOthers) {
  const Shape s = {50, 23, 77, 1};
  Grid<float> a({s.k, s.m}), b({s.n, s.k}, 3, 1), together({s.n, s.m}, 0, 2), alone = together;
  for_each_table([&](const VectorTable& table) {
    multiply(table, s, a, b, together, false, 0, s.n);
    for (size_t j = 0; j < s.n; ++j) multiply(table, s, a, b, alone, false, j, 1);
    expect_same_bits(together.values, alone.values);
  });
}

}  // namespace
}  // namespace hrm::kernels
