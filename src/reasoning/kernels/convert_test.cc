#include "kernels/convert.h"

#include <bit>
#include <limits>

#include "kernels/testing/arrays.h"

namespace hrm::kernels {
namespace {

TEST(Convert, EqualsScalarReferenceOnEveryTailAndAlignment) {
  for_each_table([](const VectorTable& table) {
    for_each_tail([&](size_t n, size_t shift) {
      Grid<float> x({1, n}, shift), same({1, n}, 1, 2), same_truth = same;
      Grid<bf16> half({1, n}, 2, 1), half_truth = half;
      table.float_to_float.convert(x.data(), same.data(), n);
      scalar::convert(x.data(), same_truth.data(), n);
      expect_same_bits(same.values, same_truth.values);
      table.float_to_bf16.convert(x.data(), half.data(), n);
      scalar::convert(x.data(), half_truth.data(), n);
      expect_same_bits(half.values, half_truth.values);
      table.widen(half.data(), same.data(), n);
      scalar::convert(half.data(), same_truth.data(), n);
      expect_same_bits(same.values, same_truth.values);
      table.bf16_to_bf16.convert(half_truth.data(), half.data(), n);
      expect_same_bits(half.values, half_truth.values);
    });
  });
}

TEST(Convert, RoundsToNearestEvenAndKeepsWhatIsNoNumber) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  std::vector<float> x = {0.f, -0.f, 1.f, kInf, -kInf, std::numeric_limits<float>::max(), 1e-37f, -3.3e38f};
  for (uint32_t bits : {0x3f808000u, 0x3f818000u, 0x3f808001u, 0x3f807fffu, 0x3f80ffffu, 0xbf808000u, 0x7f7f7fffu})
    x.push_back(std::bit_cast<float>(bits));
  std::vector<float> nans;
  for (uint32_t bits : {0x7f800001u, 0x7fc00000u, 0xffffffffu, 0xff800001u}) nans.push_back(std::bit_cast<float>(bits));
  EXPECT_EQ(to_bf16(std::bit_cast<float>(0x3f808000u)).bits, 0x3f80);
  EXPECT_EQ(to_bf16(std::bit_cast<float>(0x3f818000u)).bits, 0x3f82);
  EXPECT_EQ(to_bf16(std::numeric_limits<float>::max()).bits, 0x7f80);
  for_each_table([&](const VectorTable& table) {
    std::vector<bf16> y(x.size());
    table.float_to_bf16.convert(x.data(), y.data(), x.size());
    for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(y[i].bits, to_bf16(x[i]).bits) << x[i];
    table.float_to_bf16.convert(nans.data(), y.data(), nans.size());
    for (size_t i = 0; i < nans.size(); ++i) EXPECT_TRUE(std::isnan(to_float(y[i]))) << i;
  });
}

TEST(Convert, EveryNormalBf16SurvivesTheWayThroughFloat) {
  std::vector<bf16> all;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const bf16 value{static_cast<uint16_t>(bits)};
    if (std::isnormal(to_float(value)) || to_float(value) == 0) all.push_back(value);
  }
  ASSERT_GT(all.size(), 65000u);
  for_each_table([&](const VectorTable& table) {
    std::vector<float> wide(all.size());
    std::vector<bf16> back(all.size());
    table.widen(all.data(), wide.data(), all.size());
    table.float_to_bf16.convert(wide.data(), back.data(), all.size());
    for (size_t i = 0; i < all.size(); ++i) ASSERT_EQ(back[i].bits, all[i].bits);
  });
}

TEST(Sums, EqualScalarReferencesOnEveryTailAndAlignment) {
  for_each_table([](const VectorTable& table) {
    for_each_tail([&](size_t n, size_t shift) {
      Grid<float> a({1, n}, shift), b({1, n}, 3, 1), out({1, n}, 5, 2), reference = out;
      table.add(a.data(), b.data(), out.data(), n);
      scalar::add(a.data(), b.data(), reference.data(), n);
      expect_same_bits(out.values, reference.values);
      table.axpby({0.3f, -1.7f}, a.data(), out.data(), n);
      scalar::axpby({0.3f, -1.7f}, a.data(), reference.data(), n);
      expect_near(out, reference, 3e-7);
    });
  });
}

TEST(Sums, SumOfSquaresIsTheSameBitsOnEverySetAndAlignment) {
  for_each_tail([](size_t n, size_t shift) {
    Grid<float> here({1, n}, 0), there({1, n}, shift);
    std::copy_n(here.data(), n, there.data());
    const double expected = kVectorBaseline.sum_of_squares(here.data(), n);
    EXPECT_NEAR(expected, scalar::sum_of_squares(here.data(), n), 1e-13 * expected);
    for_each_table([&](const VectorTable& table) { EXPECT_EQ(table.sum_of_squares(there.data(), n), expected); });
  });
}

TEST(Sums, PublicFunctionsReachTheTable) {
  Grid<float> a({1, 37}), b({1, 37}, 0, 1), out = a;
  Grid<bf16> half({1, 37}), half_truth = half;
  add(a.data(), b.data(), out.data(), 37);
  EXPECT_EQ(out.data()[36], a.data()[36] + b.data()[36]);
  axpby({2, 0}, a.data(), out.data(), 37);
  EXPECT_EQ(out.data()[36], 2 * a.data()[36]);
  convert(a.data(), half.data(), 37);
  scalar::convert(a.data(), half_truth.data(), 37);
  expect_same_bits(half.values, half_truth.values);
  convert(half.data(), out.data(), 37);
  EXPECT_EQ(out.data()[36], to_float(half.data()[36]));
  convert(a.data(), out.data(), 37);
  EXPECT_EQ(out.data()[36], a.data()[36]);
  EXPECT_NEAR(sum_of_squares(a.data(), 37), scalar::sum_of_squares(a.data(), 37), 1e-9);
}

}  // namespace
}  // namespace hrm::kernels
