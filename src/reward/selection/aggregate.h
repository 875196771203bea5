// Combines the step scores of a solution into one number, and chooses a single next step.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace hrm::selection {

enum class Aggregation { kLast, kMin, kProduct, kMean };

inline EnumNames<Aggregation> enum_names(Aggregation) {
  static constexpr std::pair<Aggregation, std::string_view> kNames[] = {{Aggregation::kLast, "last"},
                                                                        {Aggregation::kMin, "min"},
                                                                        {Aggregation::kProduct, "product"},
                                                                        {Aggregation::kMean, "mean"}};
  return kNames;
}

// In double, from left to right. REQUIRES: at least one score.
double aggregate(std::span<const double> step_scores, Aggregation how);

// The authors' choice among proposed steps: the highest score, then the largest text by code points (bytes, where the
// texts are UTF-8). Equal texts: the first. REQUIRES: as many scores as texts, at least one.
size_t choose_step(std::span<const double> scores, std::span<const std::string> texts);

}  // namespace hrm::selection
