// The update rules against the formulas of optimizer_config.h, one number at a time in double.
#include "engine/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/rng.h"

namespace hrm::engine {
namespace {

model::ModelConfig model() {
  model::ModelConfig config{.arch = model::arch_preset("hrm"), .data = {4, 5, 6}};
  config.arch.hidden_size = 16;
  config.arch.num_heads = 2;
  config.arch.H_layers = config.arch.L_layers = 1;
  config.arch.puzzle_emb_ndim = 16;
  return config;
}

std::vector<float> numbers(size_t n, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(n);
  for (float& v : values) v = static_cast<float>(rng.normal());
  return values;
}

double norm(std::span<const float> values) {
  double sum = 0;
  for (float v : values) sum += double{v} * v;
  return std::sqrt(sum);
}

// X X^T or X^T X, whichever is smaller.
std::vector<double> gram(std::span<const float> x, size_t rows, size_t columns) {
  const size_t n = std::min(rows, columns), sum_over = std::max(rows, columns);
  std::vector<double> g(n * n);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      for (size_t q = 0; q < sum_over; ++q)
        g[i * n + j] += rows <= columns ? double{x[i * columns + q]} * x[j * columns + q]
                                        : double{x[q * columns + i]} * x[q * columns + j];
  return g;
}

TEST(EngineOptimizer, AdamAtan2FollowsItsFormulaAndTheAverageToo) {
  const ParameterLayout layout(model());
  const model::OptimizerConfig config{.lr = 0.01, .weight_decay = 0.3, .beta1 = 0.9, .beta2 = 0.95, .grad_clip = 2};
  Optimizer optimizer(config, layout);
  std::vector<float> weights = numbers(layout.size(), 1);
  const std::vector<float> start = weights;
  const size_t n = layout.trained_size();
  std::vector<double> p(weights.begin(), weights.begin() + static_cast<ptrdiff_t>(n)), m(n), v(n), average = p;
  for (int t = 1; t <= 4; ++t) {
    std::vector<float> g = numbers(n, static_cast<uint64_t>(10 + t));
    const double size = norm(g), clip = 2 / (size + 1e-6), lr = 0.01 * 0.5;
    for (size_t i = 0; i < n; ++i) {
      const double gradient = g[i] * clip;
      m[i] = 0.9 * m[i] + 0.1 * gradient;
      v[i] = 0.95 * v[i] + 0.05 * gradient * gradient;
      p[i] = p[i] * (1 - lr * 0.3) -
             lr / (1 - std::pow(0.9, t)) * std::atan2(m[i], std::sqrt(v[i] / (1 - std::pow(0.95, t))));
      average[i] = 0.9 * average[i] + 0.1 * p[i];
    }
    optimizer.step(weights, g, size, {.lr_factor = 0.5, .ema_rate = 0.9, .threads = 2});
  }
  const auto averaged = optimizer.averaged(weights);
  for (size_t i = 0; i < n; ++i) {
    ASSERT_NEAR(weights[i], p[i], 2e-6) << i;
    ASSERT_NEAR(averaged[i], average[i], 2e-6) << i;
  }
  for (size_t i = n; i < weights.size(); ++i) {  // the puzzle table and the buffers
    ASSERT_EQ(weights[i], start[i]);
    ASSERT_EQ(averaged[i], start[i]);
  }
}

TEST(EngineOptimizer, BitsDoNotDependOnThreads) {
  const ParameterLayout layout(model());
  for (const auto kind : {model::OptimizerKind::kAdamAtan2, model::OptimizerKind::kMuon}) {
    std::vector<std::vector<float>> results;
    for (const size_t threads : {1, 2, 5}) {
      Optimizer optimizer({.optimizer = kind}, layout);
      std::vector<float> weights = numbers(layout.size(), 1);
      for (uint64_t t = 0; t < 3; ++t) {
        std::vector<float> g = numbers(layout.trained_size(), t);
        optimizer.step(weights, g, norm(g), {.ema_rate = 0.5, .threads = threads});
      }
      results.push_back(weights);
    }
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
  }
}

TEST(EngineOptimizer, OrthogonalizedMatricesHaveSingularValuesNearOne) {
  for (const auto& [rows, columns] : {std::pair<size_t, size_t>(16, 16), {48, 16}, {8, 40}, {7, 5}}) {
    std::vector<float> x = numbers(rows * columns, rows);
    orthogonalize(x, rows, columns);
    const std::vector<double> g = gram(x, rows, columns);
    const size_t n = std::min(rows, columns);
    double trace = 0, off = 0;
    for (size_t i = 0; i < n; ++i)
      for (size_t j = 0; j < n; ++j)
        if (i == j)
          trace += g[i * n + j] / static_cast<double>(n);
        else
          off = std::max(off, std::abs(g[i * n + j]));
    EXPECT_GT(trace, 0.5) << rows << "x" << columns;  // the quintic leaves them between about 0.7 and 1.2
    EXPECT_LT(trace, 1.5) << rows << "x" << columns;
    EXPECT_LT(off, 0.5) << rows << "x" << columns;
  }
}

// x = U diag(s) V^T with known s: of one singular value, the polynomial can be followed by hand.
TEST(EngineOptimizer, OrthogonalizeFollowsThePolynomialOnARankOneMatrix) {
  std::vector<float> x(6 * 3);
  for (size_t i = 0; i < 6; ++i)
    for (size_t j = 0; j < 3; ++j) x[i * 3 + j] = static_cast<float>((1.0 + i) * (2.0 - static_cast<double>(j)));
  double length = norm(x), s = 1;  // of x / |x|
  const std::vector<float> before = x;
  for (int i = 0; i < 5; ++i) s = 3.4445 * s - 4.7750 * s * s * s + 2.0315 * s * s * s * s * s;
  orthogonalize(x, 6, 3);
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], s * before[i] / length, 1e-5);
}

TEST(EngineOptimizer, MuonFollowsItsFormulaOnEachMatrixOfAParameter) {
  const ParameterLayout layout(model());
  const model::OptimizerConfig config{
      .optimizer = model::OptimizerKind::kMuon, .muon_lr = 0.1, .muon_momentum = 0.8, .muon_weight_decay = 0.5};
  Optimizer optimizer(config, layout);
  std::vector<float> weights = numbers(layout.size(), 1), expected = weights, momentum(layout.trained_size());
  for (uint64_t t = 0; t < 3; ++t) {
    std::vector<float> g = numbers(layout.trained_size(), 20 + t), u(g.size());
    for (size_t i = 0; i < g.size(); ++i) {
      momentum[i] = 0.8f * momentum[i] + g[i];
      u[i] = g[i] + 0.8f * momentum[i];
    }
    const auto update = [&](size_t i, size_t matrices) {
      const size_t rows = layout.rows(i) / matrices, columns = layout.columns(i);
      const double tall = std::sqrt(std::max(1.0, static_cast<double>(rows) / static_cast<double>(columns)));
      for (size_t j = 0; j < matrices; ++j) {
        const size_t at = layout.offset(i) + j * rows * columns;
        orthogonalize(std::span(u).subspan(at, rows * columns), rows, columns);
        for (size_t q = at; q < at + rows * columns; ++q)
          expected[q] = static_cast<float>(expected[q] * (1 - 0.1 * 0.5) - 0.1 * tall * u[q]);
      }
    };
    for (const auto* net : {&layout.index().L, &layout.index().H}) {
      update(net->at(0).mixer_in, 3);
      update(net->at(0).mixer_out, 1);
      update(net->at(0).gate_up, 2);
      update(net->at(0).down, 1);
    }
    optimizer.step(weights, g, norm(g), {});
  }
  for (const auto* net : {&layout.index().L, &layout.index().H})
    for (const size_t i : {net->at(0).mixer_in, net->at(0).mixer_out, net->at(0).gate_up, net->at(0).down})
      for (size_t q = layout.offset(i); q < layout.offset(i + 1); ++q) ASSERT_NEAR(weights[q], expected[q], 2e-5) << i;
}

TEST(EngineOptimizer, PuzzleRowsOfTheBatchMoveByTheSignOfTheirSum) {
  const ParameterLayout layout(model());
  const Optimizer optimizer({.puzzle_emb_lr = 0.1, .puzzle_emb_weight_decay = 0.5}, layout);
  std::vector<float> weights(layout.size(), 1.f);
  const size_t width = layout.columns(layout.index().puzzle_emb);
  std::vector<float> gradients(3 * width);
  gradients[0 * width] = 1, gradients[0 * width + 1] = -3;  // of row 2
  gradients[1 * width + 1] = 5;                             // of row 0
  gradients[2 * width] = -4, gradients[2 * width + 1] = 1;  // of row 2 again
  optimizer.step_puzzle_rows(weights, std::vector<int32_t>{2, 0, 2}, gradients, 1);
  const auto table = layout.slice(std::span<const float>(weights), layout.index().puzzle_emb);
  EXPECT_FLOAT_EQ(table[0 * width], 0.95f);
  EXPECT_FLOAT_EQ(table[0 * width + 1], 0.85f);
  EXPECT_FLOAT_EQ(table[2 * width], 1.05f);
  EXPECT_FLOAT_EQ(table[2 * width + 1], 1.05f);
  EXPECT_FLOAT_EQ(table[2 * width + 2], 0.95f);  // sign(0) = 0: decay alone
  for (size_t i = 0; i < width; ++i) EXPECT_EQ(table[1 * width + i], 1.f) << "a row that was not in the batch";
}

TEST(EngineOptimizer, AverageStartsFromTheWeightsBeforeTheUpdateAndStops) {
  const ParameterLayout layout(model());
  Optimizer optimizer({.lr = 0.1}, layout);
  std::vector<float> weights = numbers(layout.size(), 1);
  const auto step = [&](double rate) {
    std::vector<float> g = numbers(layout.trained_size(), 5);
    optimizer.step(weights, g, norm(g), {.ema_rate = rate});
  };
  step(0);
  EXPECT_EQ(optimizer.averaged(weights)[3], weights[3]);
  const float before = weights[3];
  step(0.75);
  EXPECT_NEAR(optimizer.averaged(weights)[3], 0.75 * before + 0.25 * weights[3], 1e-6);
  step(0);
  EXPECT_EQ(optimizer.averaged(weights)[3], weights[3]);
  EXPECT_FALSE(std::ranges::any_of(optimizer.state(), [](const auto& e) { return e.first.starts_with("average."); }));
}

TEST(EngineOptimizer, StateGoesOnWithTheSameBitsAndRefusesAnothers) {
  const ParameterLayout layout(model());
  for (const auto kind : {model::OptimizerKind::kAdamAtan2, model::OptimizerKind::kMuon}) {
    Optimizer a({.optimizer = kind}, layout), b({.optimizer = kind}, layout);
    std::vector<float> weights = numbers(layout.size(), 1);
    const auto step = [&](Optimizer& optimizer, std::vector<float>& w, uint64_t t) {
      std::vector<float> g = numbers(layout.trained_size(), t);
      optimizer.step(w, g, norm(g), {.ema_rate = 0.9});
    };
    step(a, weights, 1);
    b.set_state(a.state());
    std::vector<float> other = weights;
    step(a, weights, 2);
    step(b, other, 2);
    EXPECT_EQ(weights, other);
    EXPECT_EQ(a.state(), b.state());

    Optimizer wrong({.optimizer = kind == model::OptimizerKind::kMuon ? model::OptimizerKind::kAdamAtan2
                                                                      : model::OptimizerKind::kMuon},
                    layout);
    const NamedTensors untouched = wrong.state();
    EXPECT_THROW(wrong.set_state(a.state()), Error);
    NamedTensors state = a.state();
    state.erase("step");
    EXPECT_THROW(b.set_state(state), Error);
    state = a.state();
    state["first_moment.nothing"] = HostTensor(DType::kF32, {1});
    EXPECT_THROW(b.set_state(state), Error);
    EXPECT_EQ(wrong.state(), untouched);
    EXPECT_EQ(b.state(), a.state()) << "a refused state changed something";
  }
}

}  // namespace
}  // namespace hrm::engine
