// A run of a few numbers for tests of the run loop: every step depends on all before it, so that one lost or repeated
// step shows in every bit. Test code only.
#pragma once

#include <unistd.h>

#include <cmath>
#include <functional>

#include "base/files.h"
#include "base/rng.h"
#include "training/run_loop.h"

namespace hrm::training {

class ToyTrainee : public Trainee {
 public:
  explicit ToyTrainee(size_t size = 16) : values_(size, 1.0) {}

  // Called at the begin of each step and evaluation.
  std::function<void(uint64_t)> on_step, on_evaluation;
  uint64_t fault_at = 0, poison_at = 0;  // a step that reports NaN; a step that leaves NaN behind

  StepReport step(uint64_t step) override {
    if (on_step) on_step(step);
    if (step == fault_at) return {.fault = "loss is nan"};
    Rng rng(7, {step});
    for (double& value : values_) value = std::sin(value * 3 + rng.uniform());
    if (step == poison_at) values_[1] = NAN;
    return {.measurements = {{"loss", std::fabs(values_[0]), 1}, {"rare", 1, step % 3 == 0 ? 1.0 : 0.0}}};
  }
  EvaluationReport evaluate(uint64_t step) override {
    if (on_evaluation) on_evaluation(step);
    if (interrupt_evaluation) return {.complete = false};
    const double score = std::round(std::fabs(values_[2]) * 1000) / 1000;
    return {.values = {{"exact", score}}, .score = {score}};
  }
  bool interrupt_evaluation = false;

  Checkpoint save() const override {
    const auto size = static_cast<int64_t>(values_.size());
    return {.tensors = {{"values", HostTensor::of<double>({size}, values_)}}, .state = {{"toy", true}}};
  }
  void load(const Checkpoint& checkpoint) override {
    const auto stored = checkpoint.tensors.at("values").as<double>();
    values_.assign(stored.begin(), stored.end());
  }
  void save_model(const std::filesystem::path& path, uint64_t step) override {
    write_file_atomic(path, fmt::format("model of step {}, {}", step, values_[2]));
  }

  const std::vector<double>& values() const { return values_; }

 private:
  std::vector<double> values_;
};

inline LoopOptions toy_options(uint64_t steps = 40) {
  return {.total_steps = steps,
          .log = {.steps = 3},
          .evaluate = {.steps = 10},
          .save = {.steps = 4},
          .config = {{"lr", 1}},
          .progress = false,
          .headline = "exact",
          .remedy = "lower lr"};
}

}  // namespace hrm::training
