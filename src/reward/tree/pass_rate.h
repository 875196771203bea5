// How often a policy solves a problem: the label of a tree's root. Trees of problems that are never solved, or always,
// have the same label everywhere and teach nothing, so growth is useful only in between.
#pragma once

#include <optional>

#include "tree/labeled.h"

namespace hrm::tree {

// Both ends belong to it.
struct PassBand {
  double low = 0, high = 1;
  int64_t least = 1;  // ends that must have been counted

  void validate() const;  // throws bad_input
};

enum class Fit { kInside, kTooHard, kTooEasy, kUnknown };  // kUnknown: fewer ends than `least`
EnumNames<Fit> enum_names(Fit);                            // inside, too-hard, too-easy, unknown

struct PassRate {
  EndCounts solutions;
  std::optional<double> rate;  // nullopt if fit is kUnknown
  Fit fit = Fit::kUnknown;
};
PassRate pass_rate(const LabeledTree& tree, const PassBand& band);

}  // namespace hrm::tree
