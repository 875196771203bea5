#include "aten/optimizer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace hrm::aten {
namespace {

at::Tensor numbers(at::IntArrayRef shape, double phase) {
  return at::sin(at::arange(c10::multiply_integers(shape), at::kFloat) * 1.7 + phase).view(shape);
}

std::vector<Optimizer::Slot> slots() {
  return {{"block.mlp.down_proj.weight", model::ParameterKind::kMatrix, numbers({3, 4}, 0)},
          {"lm_head.weight", model::ParameterKind::kHead, numbers({2, 3}, 1)}};
}

// The formula of optimizer_config.h, one number at a time in double.
TEST(Optimizer, AdamAtan2FollowsItsFormula) {
  const model::OptimizerConfig config{.lr = 0.01, .weight_decay = 0.3, .beta1 = 0.9, .beta2 = 0.95};
  auto mine = slots();
  Optimizer optimizer(config, mine);
  std::vector<double> p(12), m(12), v(12);
  for (int i = 0; i < 12; ++i) p[i] = mine[0].parameter.view({-1})[i].item<double>();
  for (int t = 1; t <= 4; ++t) {
    std::vector<at::Tensor> gradients = {numbers({3, 4}, 2.0 * t), numbers({2, 3}, 3.0 * t)};
    for (int i = 0; i < 12; ++i) {
      const double g = gradients[0].view({-1})[i].item<double>(), lr = 0.01 * 0.5;
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.95 * v[i] + 0.05 * g * g;
      p[i] = p[i] * (1 - lr * 0.3) -
             lr / (1 - std::pow(0.9, t)) * std::atan2(m[i], std::sqrt(v[i] / (1 - std::pow(0.95, t))));
    }
    optimizer.step(gradients, 1, {.lr_factor = 0.5});
  }
  for (int i = 0; i < 12; ++i) EXPECT_NEAR(mine[0].parameter.view({-1})[i].item<double>(), p[i], 1e-6);
}

TEST(Optimizer, OrthogonalizedMatricesHaveSingularValuesNearOne) {
  for (const auto& [rows, columns] : {std::pair(16, 16), std::pair(48, 16), std::pair(8, 40)}) {
    const at::Tensor x = orthogonalize(at::randn({rows, columns}));
    const at::Tensor gram = rows < columns ? at::mm(x, x.t()) : at::mm(x.t(), x);
    const int64_t n = gram.size(0);
    // The quintic leaves them between about 0.7 and 1.2.
    const double trace = gram.diagonal().sum().item<double>() / static_cast<double>(n);
    EXPECT_GT(trace, 0.5) << rows << "x" << columns;
    EXPECT_LT(trace, 1.5) << rows << "x" << columns;
    const double off = (gram - at::diag(gram.diagonal())).abs().max().item<double>();
    EXPECT_LT(off, 0.5) << rows << "x" << columns;
  }
}

TEST(Optimizer, MuonTreatsGateAndUpApart) {
  const model::OptimizerConfig config{
      .optimizer = model::OptimizerKind::kMuon, .muon_lr = 0.1, .muon_momentum = 0, .muon_weight_decay = 0};
  std::vector<Optimizer::Slot> mine = {
      {"block.mlp.gate_up_proj.weight", model::ParameterKind::kMatrix, at::zeros({8, 6})}};
  Optimizer optimizer(config, mine);
  const at::Tensor gate = numbers({4, 6}, 0), up = 100 * numbers({4, 6}, 1);
  std::vector<at::Tensor> gradients = {at::cat({gate, up})};
  optimizer.step(gradients, 1, {});
  const at::Tensor expected = -0.1 * at::cat({orthogonalize(gate), orthogonalize(up)});
  EXPECT_TRUE(at::allclose(mine[0].parameter, expected, 1e-4, 1e-5));
}

TEST(Optimizer, ClippingScalesTheGradient) {
  const model::OptimizerConfig clipped{.optimizer = model::OptimizerKind::kMuon, .grad_clip = 0.5};
  auto mine = slots(), theirs = slots();
  Optimizer a(clipped, mine), b({.optimizer = model::OptimizerKind::kMuon}, theirs);
  std::vector<at::Tensor> g = {numbers({3, 4}, 0), numbers({2, 3}, 1)}, scaled = {0.25 * g[0], 0.25 * g[1]};
  a.step(g, 2.0, {});
  b.step(scaled, 0.5, {});
  EXPECT_TRUE(at::allclose(mine[1].parameter, theirs[1].parameter, 1e-5, 1e-6));
}

TEST(Optimizer, PuzzleRowsOfTheBatchMoveByTheSignOfTheirSum) {
  Optimizer optimizer({.puzzle_emb_lr = 0.1, .puzzle_emb_weight_decay = 0.5}, {});
  at::Tensor table = at::ones({4, 2});
  const at::Tensor ids = at::tensor({2, 0, 2}, at::kLong);
  const at::Tensor gradients = at::tensor({1.f, -3.f, 0.f, 5.f, -4.f, 1.f}).view({3, 2});
  optimizer.step_puzzle_rows(table, ids, gradients, 1);
  const at::Tensor expected = at::tensor({0.95f, 0.85f, 1.f, 1.f, 1.05f, 1.05f, 1.f, 1.f}).view({4, 2});
  EXPECT_TRUE(at::allclose(table, expected)) << table;
}

TEST(Optimizer, AverageStartsFromTheWeightsBeforeTheFirstUpdate) {
  auto mine = slots();
  const at::Tensor before = mine[1].parameter.clone();
  Optimizer optimizer({.lr = 0.1}, mine);
  std::vector<at::Tensor> g = {numbers({3, 4}, 0), numbers({2, 3}, 1)};
  optimizer.step(g, 1, {.ema_rate = 0.75});
  EXPECT_TRUE(at::allclose(optimizer.average().at("lm_head.weight"), 0.75 * before + 0.25 * mine[1].parameter));
}

TEST(Optimizer, StateNamesWhatIsMissingUnknownOrMisshapen) {
  Optimizer optimizer({}, slots());
  const NamedTensors state = optimizer.state();
  EXPECT_NO_THROW(optimizer.set_state(state));
  for (const auto& [name, tensor] : state) {
    NamedTensors broken = state;
    broken.erase(name);
    EXPECT_THROW(optimizer.set_state(broken), Error) << name;
  }
  NamedTensors broken = state;
  broken.emplace("first_moment.unknown", HostTensor(DType::kF32, {1}));
  EXPECT_THROW(optimizer.set_state(broken), Error);
  broken = state;
  broken.at("first_moment.lm_head.weight") = HostTensor(DType::kF32, {3, 2});
  EXPECT_THROW(optimizer.set_state(broken), Error);
}

}  // namespace
}  // namespace hrm::aten
