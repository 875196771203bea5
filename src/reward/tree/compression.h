// Hierarchical node compression (arXiv 2503.13551, section 3.2): a seeded, replayable view of a tree in which some
// nodes are merged with their parent. The tree itself is never rewritten.
//
// Nodes are visited level by level; a moved node keeps its old place in that order. At a node that was not itself
// moved, with at least min_children children on arrival, each child in order whose depth is at least 2 draws u in [0,
// 1) until the first u < p. That child moves: its text becomes the node's text followed by its own, joined directly; it
// becomes the last child of its grandparent; its depth drops by one. The node that lost a child is scored by the
// remaining children (weight 1/M -> 1/(M - 1)); no other score changes.
//
//   faithful  what the authors' program does: descendants of a moved node keep their depth and their texts, although
//             their prefix has changed; sentinels move like any node
//   sound     descendants follow: depth and prefix are those of the view; sentinels neither move nor draw
//
// Both modes take the same draws on a tree without sentinels.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"
#include "steps/tree.h"
#include "tree/labels.h"

namespace hrm::tree {

enum class CompressionMode { kFaithful, kSound };
EnumNames<CompressionMode> enum_names(CompressionMode);  // faithful, sound

struct CompressionOptions {
  CompressionMode mode = CompressionMode::kSound;
  double p = 0.5;
  int64_t min_children = 4;
  uint64_t seed = 0;  // each problem draws from its own stream
};

struct Draw {
  double u = 0;
  int32_t child = 0;  // whose draw it was
};

// Arrays by node index of the tree.
struct Compression {
  CompressionMode mode = CompressionMode::kSound;
  std::vector<int32_t> parent, depth;
  std::vector<std::vector<int32_t>> children;
  std::vector<int32_t> merged_with;  // the old parent, whose text precedes the node's; -1: not moved
  std::vector<int32_t> lost;         // the child that the node lost; -1: none
  std::vector<int32_t> moved;        // in the order of the moves
  std::vector<Draw> draws;           // in the order of the draws
};

// Throws bad_input for p outside [0, 1].
Compression compress(const steps::Tree& tree, const CompressionOptions& options);
// The same with given draws, to replay a recorded view.
Compression compress(const steps::Tree& tree, const CompressionOptions& options, const std::function<double()>& draw);

// The node's own text in the view.
std::string step_text(const steps::Tree& tree, const Compression& view, int32_t node);
// The texts of the node's steps in the view, from the first to its own.
std::vector<std::string> path_texts(const steps::Tree& tree, const Compression& view, int32_t node);

// Counts of the view, from the tree's: those of a lost child are taken from the node that lost it. REQUIRES: counts of
// kLeaves.
std::vector<EndCounts> compressed_counts(const steps::Tree& tree, const Compression& view,
                                         std::span<const EndCounts> counts);
// Policy labels of the view, from the tree's: a node that lost a child has the mean of the rest's.
Values compressed_policy_labels(const steps::Tree& tree, const Compression& view, const Values& labels);

}  // namespace hrm::tree
