#include "steps/tree.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>

#include "formats/bytes.h"

namespace hrm::steps {
namespace {

NodeId from_hash(const XXH128_hash_t& hash) { return {hash.high64, hash.low64}; }

}  // namespace

NodeId child_id(const NodeId& parent, int32_t ordinal, std::string_view text) {
  std::string bytes;
  bytes.reserve(20 + text.size());
  append_le(bytes, parent.high);
  append_le(bytes, parent.low);
  append_le(bytes, ordinal);
  bytes += text;
  return from_hash(XXH3_128bits(bytes.data(), bytes.size()));
}

NodeId root_id(const Problem& problem) {
  std::string bytes;
  for (const std::string* text : {&problem.id, &problem.question, &problem.gold}) {
    append_le(bytes, static_cast<uint64_t>(text->size()));
    bytes += *text;
  }
  return from_hash(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string to_text(const NodeId& id) { return fmt::format("{:016x}{:016x}", id.high, id.low); }

std::optional<NodeId> parse_node_id(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  NodeId id;
  const auto read = [&](size_t at, uint64_t& value) {
    const char* end = text.data() + at + 16;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value, 16);
    return error == std::errc() && stop == end;
  };
  if (!read(0, id.high) || !read(16, id.low)) return std::nullopt;
  return id;
}

std::vector<std::string_view> path_texts(const Tree& tree, int32_t node) {
  std::vector<std::string_view> texts;
  for (int32_t at = node; at > 0; at = tree.nodes[static_cast<size_t>(at)].parent)
    texts.push_back(tree.nodes[static_cast<size_t>(at)].text);
  std::ranges::reverse(texts);
  return texts;
}

void sort_breadth_first(Tree& tree) {
  const size_t n = tree.nodes.size();
  std::vector<int32_t> place(n, -1);  // old index -> new index
  std::vector<Node> sorted;
  sorted.reserve(n);
  std::vector<int32_t> order = {0};
  order.reserve(n);
  for (size_t i = 0; i < order.size(); ++i) {
    place[static_cast<size_t>(order[i])] = static_cast<int32_t>(i);
    sorted.push_back(std::move(tree.nodes[static_cast<size_t>(order[i])]));
    for (const int32_t child : sorted.back().children) {
      tree.nodes[static_cast<size_t>(child)].parent = static_cast<int32_t>(i);
      tree.nodes[static_cast<size_t>(child)].depth = sorted.back().depth + 1;
      order.push_back(child);
    }
  }
  for (Node& node : sorted)
    for (int32_t& child : node.children) child = place[static_cast<size_t>(child)];
  for (Rollout& rollout : tree.rollouts) rollout.node = place[static_cast<size_t>(rollout.node)];
  std::ranges::stable_sort(tree.rollouts, {}, &Rollout::node);
  tree.nodes = std::move(sorted);
}

int32_t child_with(Tree& tree, int32_t parent, const std::string& text) {
  for (const int32_t child : tree.nodes[parent].children)
    if (tree.nodes[child].text == text) return child;
  const auto made = static_cast<int32_t>(tree.nodes.size());
  tree.nodes.push_back({.id = child_id(tree.nodes[parent].id, 0, text),
                        .parent = parent,
                        .depth = tree.nodes[parent].depth + 1,
                        .text = text});
  tree.nodes[parent].children.push_back(made);
  return made;
}

}  // namespace hrm::steps
