// How often a policy solves a problem: the label of a tree's root. Trees of problems that are never solved, or always,
// have the same label everywhere and teach nothing, so growth is useful only in between.
#pragma once

#include <array>
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

// A problem inside the band, as a record that `hrm tree grow` reads: {"id", "question", "gold", "pass_rate",
// "solutions", "correct"}. REQUIRES: found.rate.
Json passed_problem(const steps::Problem& problem, const PassRate& found);

// The problems of a store.
struct PassTally {
  std::array<int64_t, 4> problems{};  // by Fit
  int64_t solutions = 0, correct = 0;

  void add(const PassRate& found);
  int64_t of(Fit fit) const { return problems[static_cast<size_t>(fit)]; }
  double share() const;  // of correct solutions; 0 if there are none
  Json to_json() const;
};

}  // namespace hrm::tree
