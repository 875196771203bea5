// Sampling trees of the tree room as training rows read them (rows/tree_rows.h): plain, or through node compression.
#pragma once

#include "rows/tree_rows.h"
#include "steps/verdicts.h"
#include "tree/compression.h"
#include "tree/labels.h"

namespace hrm::rows {

// What is known of a tree's nodes, by node.
struct NodeFacts {
  const tree::Values& labels;
  const steps::Verdicts& verdicts;
};

// mode: what is filled, the texts of paths or those of steps (rows/tree_rows.h). Failed requests (sentinels) are not usable; an outcome has each node that ends with an answer that the grader
// decided.
PathTree path_tree(const steps::Tree& tree, const NodeFacts& facts, Mode mode);

// The tree as the view shows it. facts.labels: of the view.
PathTree path_tree(const steps::Tree& tree, const tree::Compression& view, const NodeFacts& facts, Mode mode);

}  // namespace hrm::rows
