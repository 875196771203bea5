// Labels of trees as JSON lines (docs/formats/tree-jsonl.md), and their counts for a table.
#pragma once

#include <cstdint>
#include <optional>

#include "base/json.h"
#include "tree/labeled.h"

namespace hrm::tree {

// One node: its place, label, counts and interval, and its answer with the verdict, if any.
Json node_json(const LabeledTree& labeled, size_t node, const std::optional<Interval>& interval);

// A view of node compression: the moves, the random draws after it, and the labels of the view.
Json view_json(const steps::Tree& tree, const LabeledView& view, const CompressionOptions& options);

// The labels of all nodes but the root.
struct LabelSummary {
  size_t labels = 0, none = 0;  // nodes with a label, without one
  size_t at_0 = 0, at_1 = 0;
  std::optional<double> mean;
};
LabelSummary summary_of(const Values& labels);

}  // namespace hrm::tree
