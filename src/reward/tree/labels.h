// Labels of steps, derived from counts of correct ends.
//
//   mc      correct / total of what counts for the node (leaf-weighted)
//   policy  the mean over the children, recursively; if there are none, mc (policy-weighted: a branch counts by the
//           chance that the policy takes it, not by the number of leaves that it happens to have)
//   hard    1 where any end was right (Math-Shepherd), else 0
//   beta    equal-tailed interval of the chance of a correct end, posterior of a Beta prior (Jeffreys: Beta(1/2, 1/2),
//           uniform: Beta(1, 1)) and the counts. Ends below one node share prefixes and are not independent, so the
//           interval of leaves is narrower than it should be; that of rollouts is right.
//
// What counts for a node, an end being right, wrong or undecided:
//   kLeaves   nodes below it (or itself) without children, whatever their depth, weighted by the multiplicities on the
//             way down from the node; unfinished nodes are not leaves
//   kRollouts rollouts that began at the node; for a node with an answer that answer
//   kThrough  rollouts that began at the node or below it: what tree search backs up
//   kAuto     kRollouts if the node has any, else kLeaves
// A missing answer counts as wrong. Sentinels (failed requests of imported trees) are left out, or wrong as for the
// authors.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/statistics.h"
#include "steps/tree.h"
#include "steps/verdicts.h"

namespace hrm::tree {

enum class Evidence { kAuto, kLeaves, kRollouts, kThrough };
enum class Undecided { kLeftOut, kWrong };
enum class BetaPrior { kJeffreys, kUniform };
EnumNames<Evidence> enum_names(Evidence);    // auto, leaves, rollouts, through
EnumNames<Undecided> enum_names(Undecided);  // left-out, wrong
EnumNames<BetaPrior> enum_names(BetaPrior);  // jeffreys, uniform

struct CountOptions {
  Evidence evidence = Evidence::kAuto;
  Undecided undecided = Undecided::kLeftOut;
  bool sentinels_are_wrong = false;
};
// Counts as the authors' program does.
inline constexpr CountOptions kFaithfulCounts = {Evidence::kLeaves, Undecided::kWrong, true};

// Ends of one node. `undecided` are those left out of, or wrong within, `total`.
struct EndCounts {
  int64_t total = 0, correct = 0, undecided = 0;
  bool operator==(const EndCounts&) const = default;
};

// At most 2^62, where counts stop growing. REQUIRES: neither is negative.
int64_t saturating_product(int64_t a, int64_t b);

// By node index.
std::vector<EndCounts> count_ends(const steps::Tree& tree, const steps::Verdicts& verdicts,
                                  const CountOptions& options = {});

// Values by node index; nullopt if nothing counts.
using Values = std::vector<std::optional<double>>;
Values mc_labels(std::span<const EndCounts> counts);
Values hard_labels(std::span<const EndCounts> counts);
// Children weighted by their multiplicity; a child without a value is left out.
Values policy_labels(const steps::Tree& tree, std::span<const EndCounts> counts);
std::vector<std::optional<Interval>> beta_labels(std::span<const EndCounts> counts, BetaPrior prior,
                                                 double confidence = 0.95);

// One node's interval; [0, 1] narrowed by the prior alone where nothing counts.
Interval beta_interval(const EndCounts& counts, BetaPrior prior, double confidence = 0.95);

}  // namespace hrm::tree
