// The sampling tree of one problem in memory, for labels, node compression, training rows and drawings.
//
// Nodes are in breadth-first order, with the root (empty text, depth 0) first. Everything that depends on a grader or a
// label is kept outside the tree, by node index.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hrm::steps {

inline size_t at(int32_t node) { return static_cast<size_t>(node); }  // where a tree holds the node

// Hash of (parent's id, ordinal, text): the same step at the same place has the same id on every machine.
struct NodeId {
  uint64_t high = 0, low = 0;
  auto operator<=>(const NodeId&) const = default;
};

// XXH3, 128 bits, over the parent's id, the ordinal (both little-endian) and the text.
NodeId child_id(const NodeId& parent, int32_t ordinal, std::string_view text);
std::string to_text(const NodeId& id);                       // 32 hexadecimal digits
std::optional<NodeId> parse_node_id(std::string_view text);  // nullopt: not 32 hexadecimal digits

struct Problem {
  std::string id, question, gold;
  bool operator==(const Problem&) const = default;
};

struct ProblemRecord {
  int64_t position = 0;  // in the list that it came from
  Problem problem;
};

// What a request asks for at a node: its next steps, or continuations from it to the end.
enum class RequestKind : uint8_t { kExpansion, kRollouts };

// The root's id, which represents the problem: the same hash over its three texts with their lengths.
NodeId root_id(const Problem& problem);

// A continuation from a node to the end.
struct Rollout {
  int32_t node = 0;
  uint64_t seed = 0;  // of the request that brought it
  int32_t tokens = 0;
  std::string text;
  std::optional<std::string> answer;  // as extracted; nullopt: it has none
};

struct Node {
  NodeId id;
  int32_t parent = -1;  // index; -1: the root
  int32_t depth = 0;
  int32_t ordinal = 0;       // position among its siblings when it was made; 0 where identical siblings are merged
  int32_t tokens = 0;        // of the text, as the policy counted
  int32_t multiplicity = 1;  // identical siblings merged into this one
  bool terminal = false;     // holds a final answer, or cannot be continued
  bool unfinished = false;   // its expansion failed or was never tried, so it is not a leaf
  bool sentinel = false;     // imported trees only: represents a failed request and is never training text
  std::string text;          // this step alone, a kept stop string included
  std::optional<std::string> answer;
  std::vector<int32_t> children;  // indices, in order

  // An end of the tree that counts: no children, and none missing.
  bool is_leaf() const { return children.empty() && !unfinished; }
};

struct Tree {
  Problem problem;
  std::vector<Node> nodes;
  std::vector<Rollout> rollouts;  // in order of their node
};

// The texts from the root's child to the node, in order.
std::vector<std::string_view> path_texts(const Tree& tree, int32_t node);

// Brings the nodes into breadth-first order, children in the order of their parent's list, and rollouts into that of
// their nodes; sets parent and depth. REQUIRES: nodes[0] is the root and the children lists make a tree.
void sort_breadth_first(Tree& tree);

// The child of `parent` with this text; made if there is none.
int32_t child_with(Tree& tree, int32_t parent, const std::string& text);

}  // namespace hrm::steps
