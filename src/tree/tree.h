// A sampling tree of one problem in memory: what labels, node compression, training rows and drawings read.
//
// Nodes stand in breadth-first order, parents before children, the root (empty text, depth 0) first. Everything that
// depends on a grader or a label is computed beside the tree, by node index, and never stored in it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hrm::tree {

// Hash of (parent's id, ordinal, text): the same step at the same place has the same id on every machine.
struct NodeId {
  uint64_t high = 0, low = 0;
  auto operator<=>(const NodeId&) const = default;
};

struct Problem {
  std::string id, question, gold;
};

// How often a leaf-reaching continuation from a node ended in which answer; texts stay in the store.
struct Rollout {
  int32_t node = 0;
  uint64_t seed = 0;
  std::string text;
  std::optional<std::string> answer;  // as extracted; nullopt: it has none
};

struct Node {
  NodeId id;
  int32_t parent = -1;  // index; -1: the root
  int32_t depth = 0;
  int32_t ordinal = 0;       // among its siblings when it was made
  int32_t tokens = 0;        // of the text, as the policy counted
  int32_t multiplicity = 1;  // identical siblings merged into this one
  bool terminal = false;     // holds a final answer, or cannot be continued
  bool unfinished = false;   // its expansion has failed or was never tried
  bool sentinel = false;     // imported trees only: stands for a failed request, is never training text
  std::string text;          // this step alone, a kept stop string included
  std::optional<std::string> answer;
  std::vector<int32_t> children;  // indices, in order
};

struct Tree {
  Problem problem;
  std::vector<Node> nodes;
  std::vector<Rollout> rollouts;  // in order of their node
};

// The texts from the root's child to the node, in order.
std::vector<std::string_view> path_texts(const Tree& tree, int32_t node);

}  // namespace hrm::tree
