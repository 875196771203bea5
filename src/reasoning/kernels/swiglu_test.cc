#include "kernels/swiglu.h"

#include "kernels/testing/arrays.h"

namespace hrm::kernels {
namespace {

template <typename E>
class Swiglu : public testing::Test {};
using SwigluOperands = testing::Types<float, bf16>;
TYPED_TEST_SUITE(Swiglu, SwigluOperands);

TYPED_TEST(Swiglu, EqualsScalarReferenceOnEveryTailAndAlignment) {
  using E = TypeParam;
  for_each_table([](const VectorTable& set) {
    const OperandTable<E>& table = operand_table<E>(set);
    for_each_tail([&](size_t n, size_t shift) {
      const Size size = {2 + n % 2, n};
      Grid<float> gate(size, shift), up(size, 3, 1);
      Grid<E> h(size, 5, 2), h_truth = h, kept_gate(size, 1, 3), kept_up(size, 2, 4);
      Grid<E> gate_truth = kept_gate, up_truth = kept_up;
      table.swiglu(size, gate.view(), up.view(), h.panel());
      scalar::swiglu<E>(size, gate.view(), up.view(), h_truth.panel());
      expect_near(h, h_truth, 1e-6);
      table.swiglu_keep(size, gate.view(), up.view(), {h.panel(), kept_gate.panel(), kept_up.panel()});
      scalar::swiglu_keep<E>(size, gate.view(), up.view(), {h_truth.panel(), gate_truth.panel(), up_truth.panel()});
      expect_near(h, h_truth, 1e-6);
      expect_same_bits(kept_gate.values, gate_truth.values);
      expect_same_bits(kept_up.values, up_truth.values);

      Grid<E> pairs({size.rows + 1, 2 * n}, 7, 5), pairs_truth = pairs;
      table.swiglu_interleaved(size, gate.view(), up.view(), {pairs.data(), n + 1});
      scalar::swiglu_interleaved<E>(size, gate.view(), up.view(), {pairs_truth.data(), n + 1});
      expect_near(pairs, pairs_truth, 1e-6);

      Grid<E> dgate(size, 1, 6), dup(size, 2, 7), dgate_truth = dgate, dup_truth = dup;
      table.swiglu_backward(size, {gate_truth.view(), up_truth.view()}, up.view(),
                            {h.panel(), dgate.panel(), dup.panel()});
      scalar::swiglu_backward<E>(size, {gate_truth.view(), up_truth.view()}, up.view(),
                                 {h_truth.panel(), dgate_truth.panel(), dup_truth.panel()});
      expect_near(h, h_truth, 1e-6);
      expect_near(dgate, dgate_truth, 2e-6);
      expect_near(dup, dup_truth, 2e-6);
      table.swiglu_backward(size, {gate_truth.view(), up_truth.view()}, up.view(), {{}, dgate.panel(), dup.panel()});
      expect_near(dgate, dgate_truth, 2e-6);
    });
  });
}

TYPED_TEST(Swiglu, AnElementDoesNotDependOnItsPlace) {
  using E = TypeParam;
  constexpr size_t n = 53;
  Grid<float> gate({1, n}), up({1, n}, 0, 1);
  for_each_table([&](const VectorTable& set) {
    const OperandTable<E>& table = operand_table<E>(set);
    Grid<E> together({1, n}), alone = together;
    table.swiglu({1, n}, gate.view(), up.view(), together.panel());
    for (size_t i = 0; i < n; ++i)
      table.swiglu({1, 1}, {gate.data() + i, 1}, {up.data() + i, 1}, {alone.data() + i, 1});
    expect_same_bits(together.values, alone.values);
  });
}

TEST(SwigluValues, SurviveLargeGates) {
  const std::vector<float> gate = {-1e4f, -100, 100, 1e4f}, up(4, 1.f);
  std::vector<float> h(4);
  swiglu(gate.data(), up.data(), h.data(), 4);
  EXPECT_NEAR(h[0], 0, 1e-30);
  EXPECT_NEAR(h[1], 0, 1e-30);
  EXPECT_EQ(h[2], 100);
  EXPECT_EQ(h[3], 1e4f);
}

TEST(SwigluGradient, EqualsCentralDifferences) {
  constexpr size_t n = 29;
  Grid<float> gate({1, n}, 0, 1, 0), up({1, n}, 0, 2, 0), weight({1, n}, 0, 3, 0), h = gate;
  Grid<float> dgate = gate, dup = gate;
  swiglu_backward<float>({1, n}, {gate.view(), up.view()}, weight.view(), {{}, dgate.panel(), dup.panel()});
  const auto loss = [&] {
    scalar::swiglu<float>({1, n}, gate.view(), up.view(), h.panel());
    return weighted_sum({h.values.begin(), h.values.begin() + n}, weight.values);
  };
  for (size_t i = 0; i < n; ++i) {
    EXPECT_NEAR(dgate.values[i], central_difference(gate.values[i], loss), 2e-3) << i;
    EXPECT_NEAR(dup.values[i], central_difference(up.values[i], loss), 2e-3) << i;
  }
}

TEST(SwigluGradient, PublicForwardFunctionsReachTheTable) {
  const Size size = {2, 21};
  Grid<float> gate(size), up(size, 0, 1);
  Grid<bf16> h(size), kept_gate(size), kept_up(size), pairs({3, 50}), h_truth = h, pairs_truth = pairs;
  swiglu_keep<bf16>(size, gate.view(), up.view(), {h.panel(), kept_gate.panel(), kept_up.panel()});
  scalar::swiglu<bf16>(size, gate.view(), up.view(), h_truth.panel());
  expect_near(h, h_truth, 1e-6);
  swiglu_interleaved<bf16>(size, gate.view(), up.view(), {pairs.data(), 21});
  scalar::swiglu_interleaved<bf16>(size, gate.view(), up.view(), {pairs_truth.data(), 21});
  expect_near(pairs, pairs_truth, 1e-6);
}

}  // namespace
}  // namespace hrm::kernels
