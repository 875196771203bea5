// Training rows of sampling trees.
//
// Both modes read a tree, or a compressed view of one, through PathTree, so that labels, compression and imported trees
// need not look alike.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "rows/counts.h"
#include "rows/row.h"
#include "rows/solution.h"

namespace hrm::rows {

struct PathNode {
  int32_t parent = -1;            // index; -1: the root
  int32_t depth = 0;              // as the sampling buckets count it
  std::vector<int32_t> children;  // in order
  std::vector<std::string> path;  // kFaithful only: the texts from the first step to this node
  std::string text;               // kSound only: of this step
  std::optional<double> label;    // nullopt: gives no row
  std::optional<bool> outcome;    // of a node that ends with an answer: it is right
  double trials = 0;              // as Row has them
  bool usable = true;             // false: neither it nor what is below it is training text (a failed request)
};

struct PathTree {
  std::string question;
  std::vector<PathNode> nodes;  // the root first
};

// Sound: a row per node with a label (kOutcome: per node with an outcome, its whole path), merged rows for
// kHierarchical. Headings that a stop string left at the end of the step before are put right (rows/step_text.h), texts
// joined by a blank line.
void sound_tree_rows(const PathTree& tree, Kind kind, ConversionCounts& counts, const RowSink& emit);

// The complete paths of a tree as solutions, their steps with the labels of their nodes: one per node with an outcome.
// Headings are put right and empty steps left out as above. What gives none is counted.
void tree_solutions(const PathTree& tree, ConversionCounts& counts, const SolutionSink& emit);

// The authors' automatic path, text for text. Nodes are grouped by (depth, label) in breadth-first order along the
// children, the root excluded. A depth with two or more labels gives, of each group, max(size of its smallest group, a
// tenth of this group rounded down) nodes; a depth with one label at most 5. Texts are cleaned (rows/cleanup.h) and
// joined directly; a row whose prompt lacks "# Step 1" is dropped, before the spacing after headings is repaired.
// Rows are a set of (input, label); they are emitted in the order in which they first occur.
struct Group {
  int32_t depth = 0;
  double label = 0;
  std::vector<int32_t> nodes;
};
// Positions within the group, k different ones.
using Picks = std::function<std::vector<size_t>(const Group& group, size_t k)>;
Picks random_picks(Rng& rng);
struct FaithfulChoice {
  Kind kind;
  bool merge;  // whether kHierarchical adds the row with the last two parts merged (the authors leave it out for
               // compressed trees of the test part)
  Picks picks;
};
void faithful_tree_rows(const PathTree& tree, const FaithfulChoice& choice, ConversionCounts& counts,
                        const RowSink& emit);

}  // namespace hrm::rows
