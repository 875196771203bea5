#include "kernels/softmax.h"

#include "kernels/testing/arrays.h"

namespace hrm::kernels {
namespace {

template <typename E>
class Softmax : public testing::Test {};
using SoftmaxOperands = testing::Types<float, bf16>;
TYPED_TEST_SUITE(Softmax, SoftmaxOperands);

TYPED_TEST(Softmax, EqualsScalarReferenceOnEveryTailAndAlignment) {
  using E = TypeParam;
  for_each_table([](const VectorTable& set) {
    const OperandTable<E>& table = operand_table<E>(set);
    for_each_tail([&](size_t n, size_t shift) {
      const Size size = {3, n};
      const SoftmaxShape shape = {.rows = 3, .n = n, .padded = n + n % 4, .scale = 1.3f};
      Grid<float> s(size, shift), g(size, 3, 1);
      Grid<E> p(size, 5, 2, 5), reference = p, ds(size, 6, 3, 5), ds_truth = ds;
      table.softmax_rows(shape, s.view(), p.panel());
      scalar::softmax_rows<E>(shape, s.view(), reference.panel());
      expect_near(p, reference, 1e-6);
      table.softmax_backward_rows(shape, reference.view(), g.view(), ds.panel());
      scalar::softmax_backward_rows<E>(shape, reference.view(), g.view(), ds_truth.panel());
      expect_near(ds, ds_truth, 3e-6);
    });
  });
}

TYPED_TEST(Softmax, WideRowsAndRowsAlone) {
  using E = TypeParam;
  for_each_table([](const VectorTable& set) {
    const OperandTable<E>& table = operand_table<E>(set);
    for (size_t n : {1024u, 1037u, 2500u}) {
      const Size size = {3, n};
      const SoftmaxShape shape = {.rows = 3, .n = n, .padded = n, .scale = 0.5f};
      SoftmaxShape one = shape;
      one.rows = 1;
      Grid<float> s(size);
      Grid<E> p(size), reference = p, alone = p;
      table.softmax_rows(shape, s.view(), p.panel());
      scalar::softmax_rows<E>(shape, s.view(), reference.panel());
      for (size_t i = 0; i < 3 * p.ld; ++i)
        ASSERT_NEAR(to_float(p.values[i]), to_float(reference.values[i]),
                    (kPair<E> == 2 ? 8e-3 : 2e-6) * std::abs(to_float(reference.values[i])))
            << i;
      for (size_t r = 0; r < 3; ++r)
        table.softmax_rows(one, {s.data() + r * s.ld, s.ld}, {alone.data() + r * p.ld, p.ld});
      expect_same_bits(p.values, alone.values);
    }
  });
}

TEST(SoftmaxValues, SurviveLargeScores) {
  const std::vector<float> s = {1e6f, -1e6f, 1e6f, 0};
  for_each_table([&](const VectorTable& set) {
    std::vector<float> p(4);
    set.for_float.softmax_rows({.rows = 1, .n = 4, .padded = 4}, {s.data(), 4}, {p.data(), 4});
    EXPECT_FLOAT_EQ(p[0], 0.5f);
    EXPECT_FLOAT_EQ(p[2], 0.5f);
    EXPECT_LT(p[1], 1e-37f);
    EXPECT_LT(p[3], 1e-37f);
  });
}

TEST(SoftmaxGradient, EqualsCentralDifferences) {
  constexpr size_t n = 13;
  const SoftmaxShape shape = {.rows = 1, .n = n, .padded = n, .scale = 0.7f};
  Grid<float> s({1, n}, 0, 1, 0), weight({1, n}, 0, 2, 0), p = s, ds = s;
  softmax_rows<float>(shape, s.view(), p.panel());
  softmax_backward_rows<float>(shape, p.view(), weight.view(), ds.panel());
  for (size_t i = 0; i < n; ++i) {
    const double expected = central_difference(s.values[i], [&] {
      scalar::softmax_rows<float>(shape, s.view(), p.panel());
      return weighted_sum({p.values.begin(), p.values.begin() + n}, weight.values);
    });
    EXPECT_NEAR(ds.values[i], expected, 1e-4) << i;
  }
}

}  // namespace
}  // namespace hrm::kernels
