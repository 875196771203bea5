// The tolerance of a backend that adds in another order than the authors' programs, measured with perturbed copies: the
// same backend with every weight moved up or down by its last bit. Test code only.
//
// The recursion is chaotic: it multiplies a difference in the last bit by up to ten per segment, and a training run
// soon decides differently; AdamATan2 makes a full step from a gradient whose sign is rounding. No float32 program can
// be distinguished from the authors' more sharply than from its own perturbed copies. The tests therefore allow the
// spread of the copies times kMargin, and nothing more. A wrong formula differs far beyond it while the copies are
// still close: after one segment, in the gradients, in the first steps of a run.
//
// libtorch adds as the authors' programs did if its matrix library chooses the same kernels, as on the machine that
// made the fixtures (Zen 4). There it gives their bits, needs no copies and must keep the fixtures' tolerances. On
// other processors (seen: Intel with AMX) it adds in another order too, and is measured like the engine.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "backends/backend_factory.h"
#include "backends/testing/devices.h"
#include "backends/testing/golden.h"
#include "base/rng.h"
#include "base/testing/paths.h"
#include "solving/train_stepper.h"

namespace hrm::backends {

// Near a fork of the recursion, half of all copies take the other branch: some of six do.
inline constexpr int kPerturbedRuns = 6, kPerturbedRunsOfLargeModels = 2;
inline constexpr double kMargin = 4;

// Each number times 1 + 2^-24 or 1 - 2^-24, at random.
inline NamedTensors moved_by_the_last_bit(NamedTensors weights, uint64_t seed) {
  uint64_t number = 0;
  for (auto& [name, tensor] : weights) {
    Rng rng(seed, {number++});
    for (float& w : tensor.as<float>()) w = static_cast<float>(w * (rng.chance(0.5) ? 1 + 0x1p-24 : 1 - 0x1p-24));
  }
  return weights;
}

// The backend under test and, after it, its perturbed copies, if it has any.
using Backends = std::vector<std::unique_ptr<model::Backend>>;

// Whether the device gives the bits of the fixtures here: the logits of a small golden case after one segment.
inline bool adds_as_the_authors_did(const std::string& device) {
  const GoldenCase golden = load_golden_case(testdata_folder() / "golden" / "mini_hrm");
  const GoldenBatch eval = golden_batch(golden, "eval.");
  const auto backend =
      make_backend(golden_config(golden.json, model::Precision::kFloat32), {.device = device, .threads = 1});
  backend->set_weights(golden.with_prefix("weights."));
  const auto carry = fresh_carry(*backend, eval.batch());
  const auto logits = backend->forward(eval.batch(), *carry, {.logits = true}).logits;
  return deviation(logits, golden.at("eval.0.logits").as<float>()).largest == 0;
}

inline Backends with_perturbed(const model::ModelConfig& config, const std::string& device, const NamedTensors& weights,
                               int copies = kPerturbedRuns) {
  Backends all;
  const int count = device == "aten" && adds_as_the_authors_did(device) ? 0 : copies;
  for (int i = 0; i <= count; ++i) {
    all.push_back(make_backend(config, {.device = device, .threads = 1}));
    all.back()->set_weights(i == 0 ? weights : moved_by_the_last_bit(weights, static_cast<uint64_t>(i)));
  }
  return all;
}

// The deviation from golden values that is allowed for the first backend.
inline Deviation allowed_deviation(const std::vector<std::vector<float>>& mine_and_perturbed) {
  Deviation most;
  for (size_t i = 1; i < mine_and_perturbed.size(); ++i) {
    const Deviation d = deviation(mine_and_perturbed[0], mine_and_perturbed[i]);
    most.largest = std::max(most.largest, kMargin * d.largest);
    most.mean = std::max(most.mean, kMargin * d.mean);
  }
  return most;
}

// A training run of the backend and of its perturbed copies, step by step.
class PerturbedRuns {
 public:
  PerturbedRuns(const Backends& backends, const model::OptimizerConfig& optimizer, size_t batch) {
    for (const auto& backend : backends) {
      backend->set_optimizer(optimizer);
      runs_.push_back(std::make_unique<solving::TrainStepper>(*backend, solving::StepperOptions{.batch = batch}));
    }
  }

  // The backend's step. False: from here on the last bit decides, because a copy has halted or answered otherwise, or
  // its losses are more than 0.2 % off: there a run that differs by rounding alone drifts apart tenfold per step.
  bool step(const model::Batch& next, const model::TrainOptions& options) {
    metrics_ = runs_[0]->step(next, options).metrics;
    bool agree = true;
    for (size_t i = 1; i < runs_.size(); ++i) agree &= agrees(*runs_[i], runs_[i]->step(next, options).metrics);
    return agree && spread_ <= 0.002;
  }

  const solving::TrainStepper& mine() const { return *runs_[0]; }
  const solving::StepMetrics& metrics() const { return metrics_; }
  // The relative deviation of a loss that is allowed; never falls from step to step.
  double allowed_loss() const { return kMargin * spread_; }

 private:
  bool agrees(const solving::TrainStepper& copy, const solving::StepMetrics& theirs) {
    for (const auto loss : {&solving::StepMetrics::loss, &solving::StepMetrics::lm_loss,
                            &solving::StepMetrics::q_halt_loss, &solving::StepMetrics::q_continue_loss})
      spread_ = std::max(spread_, std::abs(theirs.*loss - metrics_.*loss) / std::max(1.0, std::abs(metrics_.*loss)));
    for (const auto decision :
         {&solving::StepMetrics::count, &solving::StepMetrics::accuracy, &solving::StepMetrics::exact_accuracy,
          &solving::StepMetrics::q_halt_accuracy, &solving::StepMetrics::steps})
      if (theirs.*decision != metrics_.*decision) return false;
    return std::ranges::equal(copy.halted(), mine().halted());
  }

  std::vector<std::unique_ptr<solving::TrainStepper>> runs_;
  solving::StepMetrics metrics_;
  double spread_ = 0;
};

}  // namespace hrm::backends
