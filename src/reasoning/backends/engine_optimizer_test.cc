// The engine's optimizer against the one of room aten, fed with the same gradients.
#if HRM_TORCH

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aten/optimizer.h"
#include "base/rng.h"
#include "engine/optimizer.h"
#include "torch/host.h"

namespace hrm::backends {
namespace {

using engine::ParameterLayout;
using model::OptimizerConfig;
using model::OptimizerKind;

model::ModelConfig model() {
  model::ModelConfig config{.arch = model::arch_preset("hrm"), .data = {4, 5, 6}};
  config.arch.hidden_size = 48;  // gate_up and qkv are several matrices, down is wide, each gate is tall
  config.arch.num_heads = 2;
  config.arch.H_layers = config.arch.L_layers = 1;
  config.arch.puzzle_emb_ndim = 48;
  return config;
}

std::vector<float> numbers(size_t n, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(n);
  for (float& v : values) v = static_cast<float>(rng.normal());
  return values;
}

struct OptimizerUpdate {
  const char* name;
  OptimizerConfig config;
};

class EngineOptimizerAgainstAten : public testing::TestWithParam<OptimizerUpdate> {};

TEST_P(EngineOptimizerAgainstAten, OverManySteps) {
  const ParameterLayout layout(model());
  std::vector<float> weights = numbers(layout.size(), 1);
  std::vector<aten::Optimizer::Slot> slots;
  const auto tensor = [&](std::span<const float> values, size_t i) {
    return torch::to_aten(HostTensor::of<float>(layout.parameters()[i].shape, values), at::kCPU).clone();
  };
  const auto slice = [&](const std::vector<float>& all, size_t i) {
    return layout.slice(std::span<const float>(all), i);
  };
  for (size_t i = 0; i < layout.trained(); ++i)
    slots.push_back({layout.parameters()[i].name, layout.parameters()[i].kind, tensor(slice(weights, i), i)});
  const size_t puzzle = layout.index().puzzle_emb;
  at::Tensor table = tensor(slice(weights, puzzle), puzzle);
  engine::Optimizer mine(GetParam().config, layout);
  aten::Optimizer theirs(GetParam().config, slots);

  const std::vector<int32_t> ids = {2, 0, 2, 5};
  const size_t width = layout.columns(puzzle);
  const double rates[] = {0, 0.9, 0.5, 0.9, 0, 0, 0.8, 0.8};  // the average starts, stops and starts again
  for (size_t step = 0; step < std::size(rates); ++step) {
    std::vector<float> gradient = numbers(layout.trained_size(), 10 + step);
    double norm = 0;
    for (float g : gradient) norm += double{g} * g;
    norm = std::sqrt(norm);
    std::vector<at::Tensor> gradients;
    for (size_t i = 0; i < layout.trained(); ++i) gradients.push_back(tensor(slice(gradient, i), i));
    const double factor = 1.0 / static_cast<double>(step + 1);
    mine.step(weights, gradient, norm, {.lr_factor = factor, .ema_rate = rates[step], .threads = 2});
    theirs.step(gradients, norm, {.lr_factor = factor, .ema_rate = rates[step]});
    const std::vector<float> rows = numbers(ids.size() * width, 90 + step);
    mine.step_puzzle_rows(weights, ids, rows, factor);
    const Shape shape = {static_cast<int64_t>(ids.size()), static_cast<int64_t>(width)};
    theirs.step_puzzle_rows(table, at::tensor(at::ArrayRef<int32_t>(ids)).to(at::kLong),
                            torch::to_aten(HostTensor::of<float>(shape, rows), at::kCPU), factor);
  }

  const auto expect_near = [&](std::span<const float> a, const at::Tensor& tensor_b, const std::string& what) {
    const at::Tensor b = tensor_b.contiguous();
    ASSERT_EQ(a.size(), static_cast<size_t>(b.numel())) << what;
    const float* values = b.const_data_ptr<float>();
    for (size_t i = 0; i < a.size(); ++i)
      ASSERT_NEAR(a[i], values[i], 1e-5 * std::max(1.f, std::abs(values[i]))) << what << " " << i;
  };
  const auto average = theirs.average();
  const auto averaged = mine.averaged(weights);
  for (size_t i = 0; i < layout.trained(); ++i) {
    expect_near(slice(weights, i), slots[i].parameter, slots[i].name);
    expect_near(layout.slice(averaged.span(), i), average.at(slots[i].name), "average of " + slots[i].name);
  }
  expect_near(slice(weights, puzzle), table, "puzzle table");

  // The states have the same names and shapes, and each takes the other's.
  const NamedTensors a = mine.state(), b = theirs.state();
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, state] : b) {
    ASSERT_TRUE(a.contains(name)) << name;
    EXPECT_EQ(a.at(name).shape(), state.shape()) << name;
    if (state.dtype() == DType::kF32)
      expect_near(a.at(name).as<float>(), torch::to_aten(state, at::kCPU), name);
    else
      EXPECT_EQ(a.at(name), state) << name;
  }
  mine.set_state(b);
  theirs.set_state(a);
  EXPECT_EQ(mine.state(), b);
  EXPECT_EQ(theirs.state(), a);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, EngineOptimizerAgainstAten,
    testing::Values(
        OptimizerUpdate{"adam_atan2", {.lr = 1e-2, .weight_decay = 0.5, .puzzle_emb_lr = 1e-2}},
        OptimizerUpdate{"adam_atan2_clipped", {.lr = 1e-2, .puzzle_emb_weight_decay = 0, .grad_clip = 1}},
        OptimizerUpdate{"muon", {.optimizer = OptimizerKind::kMuon, .lr = 1e-2, .muon_lr = 1e-2}},
        OptimizerUpdate{
            "muon_clipped_decayed",
            {.optimizer = OptimizerKind::kMuon, .muon_momentum = 0.8, .muon_weight_decay = 0.5, .grad_clip = 1}}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace hrm::backends

#endif
