#include "kernels/optimizer.h"

#include "kernels/testing/arrays.h"

namespace hrm::kernels {
namespace {

constexpr AdamAtan2Step kStep = {.lr = 0.02f,
                                 .weight_decay = 0.5f,
                                 .beta1 = 0.9f,
                                 .beta2 = 0.95f,
                                 .correction1 = 0.19f,
                                 .correction2 = 0.0975f,
                                 .gradient_scale = 0.25f};

TEST(Optimizer, EqualsScalarReferencesOnEveryTailAndAlignment) {
  for_each_table([](const VectorTable& set) {
    for_each_tail([&](size_t n, size_t shift) {
      Grid<float> p({1, n}, shift), m({1, n}, 1, 1), v({1, n}, 2, 2), g({1, n}, 3, 3);
      for (float& value : v.values) value = std::abs(value);
      Grid<float> p_truth = p, m_truth = m, v_truth = v;
      for (int step = 0; step < 3; ++step) {
        set.adam_atan2({p.data(), m.data(), v.data(), g.data(), n}, kStep);
        scalar::adam_atan2({p_truth.data(), m_truth.data(), v_truth.data(), g.data(), n}, kStep);
      }
      expect_near(p, p_truth, 1e-6);
      expect_near(m, m_truth, 1e-6);
      expect_near(v, v_truth, 1e-6);

      set.ema(p.data(), g.data(), 0.99f, n);
      scalar::ema(p_truth.data(), g.data(), 0.99f, n);
      expect_near(p, p_truth, 2e-6);

      Grid<float> g_truth = g;
      set.sgd_momentum(m.data(), g.data(), n, {.mu = 0.95f, .scale = 0.5f});
      scalar::sgd_momentum(m_truth.data(), g_truth.data(), n, {.mu = 0.95f, .scale = 0.5f});
      expect_near(m, m_truth, 2e-6);
      expect_near(g, g_truth, 3e-6);

      set.decay_and_add(p.data(), g.data(), n, {.keep = 0.9f, .step = -0.1f});
      scalar::decay_and_add(p_truth.data(), g_truth.data(), n, {.keep = 0.9f, .step = -0.1f});
      expect_near(p, p_truth, 4e-6);
    });
  });
}

TEST(Optimizer, AnElementDoesNotDependOnItsPlace) {
  constexpr size_t n = 53;
  for_each_table([](const VectorTable& set) {
    Grid<float> p({1, n}), m({1, n}, 0, 1), v({1, n}, 0, 2), g({1, n}, 0, 3);
    for (float& value : v.values) value = std::abs(value);
    Grid<float> p_alone = p, m_alone = m, v_alone = v;
    set.adam_atan2({p.data(), m.data(), v.data(), g.data(), n}, kStep);
    for (size_t i = 0; i < n; ++i)
      set.adam_atan2({p_alone.data() + i, m_alone.data() + i, v_alone.data() + i, g.data() + i, 1}, kStep);
    expect_same_bits(p.values, p_alone.values);
    expect_same_bits(m.values, m_alone.values);
    expect_same_bits(v.values, v_alone.values);
  });
}

TEST(Optimizer, NoGradientLeavesOnlyDecay) {
  std::vector<float> p(20, 2.f), m(20, 0.f), v(20, 0.f), g(20, 0.f);
  adam_atan2({p.data(), m.data(), v.data(), g.data(), 20}, kStep);
  for (float value : p) EXPECT_FLOAT_EQ(value, 2 * (1 - 0.02f * 0.5f));
}

TEST(Optimizer, PublicFunctionsReachTheTable) {
  std::vector<float> average = {1, 1}, p = {3, 5}, u = {1, 2};
  ema(average.data(), p.data(), 0.5f, 2);
  EXPECT_EQ(average, (std::vector<float>{2, 3}));
  std::vector<float> g = p;
  sgd_momentum(u.data(), g.data(), 2, {.mu = 0.5f, .scale = 2});
  EXPECT_EQ(u, (std::vector<float>{6.5f, 11}));
  EXPECT_EQ(g, (std::vector<float>{9.25f, 15.5f}));
  decay_and_add(p.data(), u.data(), 2, {.keep = 0.5f, .step = 2});
  EXPECT_EQ(p, (std::vector<float>{14.5f, 24.5f}));
}

}  // namespace
}  // namespace hrm::kernels
