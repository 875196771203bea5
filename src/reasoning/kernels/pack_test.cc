#include "kernels/pack.h"

#include "kernels/testing/arrays.h"

namespace hrm::kernels {
namespace {

template <typename X, typename E>
struct Types {
  using Input = X;
  using Operand = E;
};

template <typename T>
class Pack : public testing::Test {};
using Pairs = testing::Types<Types<float, float>, Types<float, bf16>, Types<bf16, bf16>>;
TYPED_TEST_SUITE(Pack, Pairs);

template <typename X, typename E>
const PackTable<X, E>& pack_table(const VectorTable& set) {
  if constexpr (kPair<X> == 2)
    return set.bf16_to_bf16;
  else if constexpr (kPair<E> == 2)
    return set.float_to_bf16;
  else
    return set.float_to_float;
}

TYPED_TEST(Pack, EqualsScalarReferenceOnEveryTailAndAlignment) {
  using X = typename TypeParam::Input;
  using E = typename TypeParam::Operand;
  for_each_table([](const VectorTable& set) {
    const PackTable<X, E>& table = pack_table<X, E>(set);
    for (size_t rows : {1u, 2u, 3u, 4u, 7u, 8u, 15u, 16u, 17u, 31u, 32u, 33u, 41u, 64u, 67u})
      for (size_t width = 1; width <= 70; ++width) {
        SCOPED_TRACE(testing::Message() << rows << " x " << width);
        const Size size = {rows, width};
        Grid<X> x(size, (rows + width) % 16);
        Grid<E> a({rows + 1, width}, 3, 1), b({width, rows}, 5, 2), c({width + 1, rows}, 1, 3);
        Grid<E> a_truth = a, b_truth = b, c_truth = c;
        table.interleave_rows(size, x.view(), a.panel());
        scalar::interleave_rows(size, x.view(), a_truth.panel());
        expect_same_bits(a.values, a_truth.values);
        table.transpose(size, x.view(), b.panel());
        scalar::transpose(size, x.view(), b_truth.panel());
        expect_same_bits(b.values, b_truth.values);
        table.transpose_pairs(size, x.view(), c.panel());
        scalar::transpose_pairs(size, x.view(), c_truth.panel());
        expect_same_bits(c.values, c_truth.values);
        if (testing::Test::HasFatalFailure()) return;
      }
  });
}

TYPED_TEST(Pack, PublicFunctionsReachTheTable) {
  using X = typename TypeParam::Input;
  using E = typename TypeParam::Operand;
  const Size size = {5, 9};
  Grid<X> x(size);
  Grid<E> out({10, 10}), reference = out;
  interleave_rows(size, x.view(), out.panel());
  scalar::interleave_rows(size, x.view(), reference.panel());
  expect_same_bits(out.values, reference.values);
  transpose(size, x.view(), out.panel());
  scalar::transpose(size, x.view(), reference.panel());
  expect_same_bits(out.values, reference.values);
  transpose_pairs(size, x.view(), out.panel());
  scalar::transpose_pairs(size, x.view(), reference.panel());
  expect_same_bits(out.values, reference.values);
}

TEST(PackLayout, PairsStandSideBySide) {
  const std::vector<float> x = {1, 2, 3, 4, 5, 6};  // [3][2]
  std::vector<bf16> out(8);
  const auto values = [&] {
    std::vector<float> wide;
    for (bf16 value : out) wide.push_back(to_float(value));
    return wide;
  };
  interleave_rows(Size{3, 2}, {x.data(), 2}, Panel<bf16>{out.data(), 2});
  EXPECT_EQ(values(), (std::vector<float>{1, 3, 2, 4, 5, 0, 6, 0}));
  transpose_pairs(Size{2, 3}, {x.data(), 3}, Panel<bf16>{out.data(), 2});  // x as [2][3]
  EXPECT_EQ(values(), (std::vector<float>{1, 2, 4, 5, 3, 0, 6, 0}));
}

}  // namespace
}  // namespace hrm::kernels
