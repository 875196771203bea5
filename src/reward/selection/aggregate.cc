#include "selection/aggregate.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace hrm::selection {

double aggregate(std::span<const double> step_scores, Aggregation how) {
  assert(!step_scores.empty());
  if (how == Aggregation::kLast) return step_scores.back();
  if (how == Aggregation::kMin) return *std::ranges::min_element(step_scores);
  double sum = 0, product = 1;
  constexpr double kMost = std::numeric_limits<double>::max();
  for (const double score : step_scores) {
    sum += score;
    product = std::clamp(product * score, -kMost, kMost);  // never infinite, so never infinity times 0
  }
  return how == Aggregation::kProduct ? product : sum / static_cast<double>(step_scores.size());
}

size_t choose_step(std::span<const double> scores, std::span<const std::string> texts) {
  assert(!scores.empty() && scores.size() == texts.size());
  size_t chosen = 0;
  for (size_t i = 1; i < scores.size(); ++i)
    if (scores[i] > scores[chosen] || (scores[i] == scores[chosen] && texts[i] > texts[chosen])) chosen = i;
  return chosen;
}

}  // namespace hrm::selection
