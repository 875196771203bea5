#include "kernels/gemm_int8.h"

#include <gtest/gtest.h>

#include <cmath>
#include <type_traits>
#include <vector>

#include "base/rng.h"

namespace hrm::kernels {
namespace {

template <typename R>
using Other = std::conditional_t<std::is_same_v<R, uint8_t>, int8_t, uint8_t>;

// A product of random bytes over their whole range, every operand with its own leading dimension.
template <typename R>
struct Case {
  using C = Other<R>;
  Case(size_t n_, size_t m_, size_t k_) : n(n_), m(m_), k(k_), ldr(k + 5), ldc((m + 15) / 16 * 16 + 16) {
    Rng rng(n * 10'000 + m * 100 + k);
    const auto byte = [&] { return static_cast<uint8_t>(rng.below(256)); };
    for (size_t i = 0; i < n * ldr; ++i) rows.push_back(static_cast<R>(byte()));
    for (size_t i = 0; i < k * ldc; ++i) columns.push_back(static_cast<C>(byte()));
    for (size_t i = 0; i < n; ++i) row_scale.push_back(0.01f * static_cast<float>(1 + rng.below(100)));
    for (size_t i = 0; i < m; ++i) column_scale.push_back(0.01f * static_cast<float>(1 + rng.below(100)));
    for (size_t i = 0; i < std::max(n, m); ++i) correction.push_back(static_cast<int32_t>(rng.below(100'000)) - 50'000);
  }
  Int8Product<R, C> product() const {
    return {.n = n,
            .m = m,
            .k = k,
            .rows = {rows.data(), ldr},
            .columns = {columns.data(), ldc},
            .row_scale = row_scale.data(),
            .column_scale = column_scale.data(),
            .correction = correction.data()};
  }
  double reference(size_t i, size_t j) const {
    double sum = -correction[std::is_signed_v<R> ? i : j];
    for (size_t q = 0; q < k; ++q) sum += double(rows[i * ldr + q]) * double(columns[(q / 4 * ldc + j) * 4 + q % 4]);
    return sum * double{row_scale[i]} * double{column_scale[j]};
  }
  size_t n, m, k, ldr, ldc;
  std::vector<R> rows;
  std::vector<C> columns;
  std::vector<float> row_scale, column_scale;
  std::vector<int32_t> correction;
};

template <typename R>
class Int8Gemm : public testing::Test {};
using RowTypes = testing::Types<uint8_t, int8_t>;
TYPED_TEST_SUITE(Int8Gemm, RowTypes);

template <typename R, typename Function>
void check(size_t n, size_t m, size_t k, Function multiply) {
  const Case<R> test(n, m, k);
  const size_t ld = m + 3;
  for (bool accumulate : {false, true}) {
    std::vector<float> c((n + 1) * ld, 7);
    multiply(test.product(), Panel<float>{c.data(), ld}, accumulate);
    for (size_t i = 0; i <= n; ++i)
      for (size_t j = 0; j < ld; ++j) {
        const bool inside = i < n && j < m;
        const double expected = inside ? test.reference(i, j) + (accumulate ? 7 : 0) : 7;
        ASSERT_NEAR(c[i * ld + j], expected, inside ? 1e-6 * (std::abs(expected) + 10) : 0)
            << n << " x " << m << " x " << k << " at " << i << ", " << j;
      }
  }
}

TYPED_TEST(Int8Gemm, IsExactOnEveryTail) {
  using R = TypeParam;
  for (size_t n : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 11u, 13u, 41u})
    for (size_t m = 1; m <= kInt8Columns; ++m)
      for (size_t k : {4u, 8u, 52u}) {
        check<R>(n, m, k, multiply_int8<R, Other<R>>);
        if (n < 4) check<R>(n, m, k, scalar::multiply_int8<R, Other<R>>);
        if (testing::Test::HasFatalFailure()) return;
      }
}

TYPED_TEST(Int8Gemm, SumsOfManyExtremesDoNotOverflow) {
  using R = TypeParam;
  Case<R> test(7, 33, 1536);
  for (auto& x : test.rows) x = std::numeric_limits<R>::max();
  for (auto& x : test.columns) x = std::numeric_limits<Other<R>>::max();
  std::vector<float> c(7 * 33);
  multiply_int8(test.product(), Panel<float>{c.data(), 33}, false);
  for (size_t i = 0; i < 7; ++i)
    for (size_t j = 0; j < 33; ++j)
      ASSERT_NEAR(c[i * 33 + j], test.reference(i, j), 1e-6 * std::abs(test.reference(i, j)));
}

TYPED_TEST(Int8Gemm, AnElementDependsOnItsRowAndColumnAlone) {
  using R = TypeParam;
  const Case<R> test(13, 64, 100);
  std::vector<float> all(13 * 64, 0.7f), one(1);
  multiply_int8(test.product(), Panel<float>{all.data(), 64}, true);
  for (size_t i = 0; i < 13; ++i)
    for (size_t j : {0u, 15u, 16u, 47u, 48u}) {
      auto single = test.product();
      single.n = single.m = 1;
      single.rows.data += i * single.rows.ld;
      single.columns.data += j * kGroup;
      single.row_scale += i;
      single.column_scale += j;
      single.correction += std::is_signed_v<R> ? i : j;
      one[0] = 0.7f;
      multiply_int8(single, Panel<float>{one.data(), 1}, true);
      ASSERT_EQ(one[0], all[i * 64 + j]);
    }
}

}  // namespace
}  // namespace hrm::kernels
