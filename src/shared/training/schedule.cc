#include "training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hrm::training {

double learning_rate_factor(const LearningRateSchedule& schedule, uint64_t step) {
  const auto [warmup, total, min_ratio] = schedule;
  if (step < warmup) return static_cast<double>(step) / static_cast<double>(warmup);
  if (total <= warmup) return 1;
  const double progress = std::min(1.0, static_cast<double>(step - warmup) / static_cast<double>(total - warmup));
  return min_ratio + (1 - min_ratio) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
}

double average_rate(double rate, double ramp, uint64_t step) {
  if (ramp <= 0) return rate;
  const auto i = static_cast<double>(step);
  return std::min(rate, (1 + i) / (ramp + i));
}

double linear_decay(double start, double until_share, uint64_t total_steps, uint64_t step) {
  const double end = until_share * static_cast<double>(total_steps);
  if (end <= 0) return 0;
  return start * std::max(0.0, 1 - static_cast<double>(step) / end);
}

}  // namespace hrm::training
