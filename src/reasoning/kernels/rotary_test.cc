#include "kernels/rotary.h"

#include "kernels/testing/arrays.h"

namespace hrm::kernels {
namespace {

TEST(Rotary, TableIsTheAuthors) {
  const RotaryTable table = rotary_table(10000, 5, 6);
  ASSERT_EQ(table.half, 3u);
  ASSERT_EQ(table.cosine.size(), 15u);
  for (size_t t = 0; t < 5; ++t)
    for (size_t i = 0; i < 3; ++i) {
      const double angle = static_cast<double>(t) / std::pow(10000.0, static_cast<double>(2 * i) / 6);
      EXPECT_NEAR(table.cosine[t * 3 + i], std::cos(angle), 1e-6);
      EXPECT_NEAR(table.sine[t * 3 + i], std::sin(angle), 1e-6);
    }
}

TEST(Rotary, EqualsScalarReferenceAndBackUndoesIt) {
  for_each_table([](const VectorTable& set) {
    for_each_tail([&](size_t half, size_t shift) {
      const Size size = {4, 2 * half};
      const RotaryTable table = rotary_table(100, size.rows + 1, size.width);
      const float* cosine = table.cosine.data() + half;  // from token 1 on
      const float* sine = table.sine.data() + half;
      Grid<float> x(size, shift), reference = x;
      const Grid<float> before = x;
      set.rotate(size, x.panel(), cosine, sine);
      scalar::rotate(size, reference.panel(), cosine, sine);
      expect_near(x, reference, 3e-7);
      EXPECT_NE(x.values[shift], before.values[shift]);
      set.rotate_back(size, x.panel(), cosine, sine);
      scalar::rotate_back(size, reference.panel(), cosine, sine);
      expect_near(x, reference, 2e-6);
      expect_near(x, before, 2e-6);
    });
  });
}

TEST(Rotary, BackIsTheGradient) {
  const Size size = {3, 10};
  const RotaryTable table = rotary_table(100, 3, 10);
  Grid<float> x(size, 0, 1, 0), weight(size, 0, 2, 0);
  x.values.resize(30);
  weight.values.resize(30);
  Grid<float> g = weight;
  rotate_back(size, g.panel(), table.cosine.data(), table.sine.data());
  for (size_t i = 0; i < x.values.size(); ++i) {
    const double expected = central_difference(x.values[i], [&] {
      Grid<float> y = x;
      scalar::rotate(size, y.panel(), table.cosine.data(), table.sine.data());
      return weighted_sum(y.values, weight.values);
    });
    EXPECT_NEAR(g.values[i], expected, 1e-3) << i;
  }
  Grid<float> y = x, reference = x;
  rotate(size, y.panel(), table.cosine.data(), table.sine.data());
  scalar::rotate(size, reference.panel(), table.cosine.data(), table.sine.data());
  expect_near(y, reference, 3e-7);
}

}  // namespace
}  // namespace hrm::kernels
