// Sampling trees of the tree room as training rows read them (rows/tree_rows.h): plain, or through node compression.
#pragma once

#include "rows/tree_rows.h"
#include "steps/verdicts.h"
#include "tree/compression.h"
#include "tree/labels.h"

namespace hrm::rows {

// mode: what is filled, the texts of paths or those of steps (rows/tree_rows.h). labels, verdicts: by node of the tree.
// Failed requests (sentinels) are not usable; an outcome has each node that ends with an answer that the grader
// decided.
PathTree path_tree(const steps::Tree& tree, const tree::Values& labels, const steps::Verdicts& verdicts, Mode mode);

// The tree as the view shows it. labels: of the view.
PathTree path_tree(const steps::Tree& tree, const tree::Compression& view, const tree::Values& labels,
                   const steps::Verdicts& verdicts, Mode mode);

}  // namespace hrm::rows
