// A tree with its labels, plain or through node compression; shared by the commands that read stores.
#pragma once

#include <utility>
#include <vector>

#include "base/fields.h"
#include "base/json.h"
#include "base/rng.h"
#include "tree/compression.h"
#include "tree/labels.h"

namespace hrm::tree {

enum class LabelKind { kMc, kPolicy, kHard, kBeta };  // tree/labels.h; kBeta: the middle of the interval
EnumNames<LabelKind> enum_names(LabelKind);           // mc, policy, hard, beta

struct LabelOptions {
  LabelKind kind = LabelKind::kMc;
  grading::Profile profile = grading::Profile::kSound;
  CountOptions counting;
  BetaPrior prior = BetaPrior::kJeffreys;
  Json to_json() const;  // how labels were made, for the head of a file
};

// These options as node compression needs them, which changes counts of leaves alone.
LabelOptions for_compression(LabelOptions options);

struct LabeledTree {
  steps::Tree tree;
  steps::Verdicts verdicts;
  std::vector<EndCounts> counts;
  Values labels;
};
LabeledTree label_tree(steps::Tree tree, const LabelOptions& options);

// Counts and labels of a view of the tree.
struct LabeledView {
  Compression view;
  std::vector<EndCounts> counts;
  Values labels;
};
// REQUIRES: labeled was made with these options, which for_compression() gave.
LabeledView compress(const LabeledTree& labeled, const LabelOptions& options, const CompressionOptions& compression);

// The control of compression, or of any other change of labels: the sizes of the changes from `labels` to `changed`,
// each with a random sign, given to nodes drawn without replacement among those with a label between 0 and 1 (the other
// sign where that would lead out of [0, 1]). The root stays. REQUIRES: labels of the same nodes, changed where between
// 0 and 1.
Values with_equal_noise(Values labels, const Values& changed, Rng rng);

}  // namespace hrm::tree
