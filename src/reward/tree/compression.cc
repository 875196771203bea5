#include "tree/compression.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/rng.h"

namespace hrm::tree {
namespace {

using steps::at;

Compression unchanged(const steps::Tree& tree, CompressionMode mode) {
  const size_t n = tree.nodes.size();
  Compression view{.mode = mode};
  view.parent.reserve(n);
  view.depth.reserve(n);
  view.children.reserve(n);
  for (const steps::Node& node : tree.nodes) {
    view.parent.push_back(node.parent);
    view.depth.push_back(node.depth);
    view.children.push_back(node.children);
  }
  view.merged_with.assign(n, -1);
  view.lost.assign(n, -1);
  return view;
}

void move(Compression& view, int32_t child, int32_t node) {
  std::vector<int32_t>& siblings = view.children[at(node)];
  siblings.erase(std::ranges::find(siblings, child));
  const int32_t grandparent = view.parent[at(node)];
  view.children[at(grandparent)].push_back(child);
  view.parent[at(child)] = grandparent;
  --view.depth[at(child)];
  view.merged_with[at(child)] = node;
  view.lost[at(node)] = child;
  view.moved.push_back(child);
}

constexpr std::array<std::pair<CompressionMode, std::string_view>, 2> kModes = {
    {{CompressionMode::kFaithful, "faithful"}, {CompressionMode::kSound, "sound"}}};

}  // namespace

EnumNames<CompressionMode> enum_names(CompressionMode) { return kModes; }

Compression compress(const steps::Tree& tree, const CompressionOptions& options, const std::function<double()>& draw) {
  if (!(options.p >= 0 && options.p <= 1))
    throw bad_input("tree.compress", "p = {}: expected a probability from 0 to 1", options.p);
  Compression view = unchanged(tree, options.mode);
  const bool sound = options.mode == CompressionMode::kSound;
  // Breadth-first order is the order of the indices, and a moved node keeps its place in it. Children of a node of
  // depth at least 1 have depth at least 2, so a move never reaches the root's level.
  for (int32_t node = 1; at(node) < tree.nodes.size(); ++node) {
    if (view.merged_with[at(node)] >= 0) continue;
    if (static_cast<int64_t>(view.children[at(node)].size()) < options.min_children) continue;
    for (const int32_t child : view.children[at(node)]) {
      if (sound && tree.nodes[at(child)].sentinel) continue;
      view.draws.push_back({draw(), child});
      if (view.draws.back().u >= options.p) continue;
      move(view, child, node);
      break;
    }
  }
  if (sound)  // ancestors have lower indices in the view too
    for (size_t i = 1; i < tree.nodes.size(); ++i) view.depth[i] = view.depth[at(view.parent[i])] + 1;
  return view;
}

Compression compress(const steps::Tree& tree, const CompressionOptions& options) {
  Rng rng(options.seed, {root_id(tree.problem).high, root_id(tree.problem).low});
  return compress(tree, options, [&] { return rng.uniform(); });
}

std::string step_text(const steps::Tree& tree, const Compression& view, int32_t node) {
  const int32_t front = view.merged_with[at(node)];
  const std::string& own = tree.nodes[at(node)].text;
  return front < 0 ? own : tree.nodes[at(front)].text + own;
}

std::vector<std::string> path_texts(const steps::Tree& tree, const Compression& view, int32_t node) {
  std::vector<std::string> texts;
  if (view.mode == CompressionMode::kSound) {
    for (int32_t i = node; i > 0; i = view.parent[at(i)]) texts.push_back(step_text(tree, view, i));
    std::ranges::reverse(texts);
    return texts;
  }
  for (const std::string_view text : steps::path_texts(tree, node)) texts.emplace_back(text);
  if (view.merged_with[at(node)] >= 0) {
    const std::string own = std::move(texts.back());
    texts.pop_back();
    texts.back() += own;
  }
  return texts;
}

std::vector<EndCounts> compressed_counts(const steps::Tree& tree, const Compression& view,
                                         std::span<const EndCounts> counts) {
  std::vector<EndCounts> changed(counts.begin(), counts.end());
  for (size_t i = 0; i < changed.size(); ++i) {
    const int32_t child = view.lost[i];
    if (child < 0) continue;
    const EndCounts& gone = counts[at(child)];
    const int64_t times = tree.nodes[at(child)].multiplicity;
    changed[i].total -= saturating_product(times, gone.total);
    changed[i].correct -= saturating_product(times, gone.correct);
    changed[i].undecided -= saturating_product(times, gone.undecided);
  }
  return changed;
}

Values compressed_policy_labels(const steps::Tree& tree, const Compression& view, const Values& labels) {
  Values changed = labels;
  for (size_t i = 0; i < changed.size(); ++i) {
    if (view.lost[i] < 0) continue;
    double sum = 0, weight = 0;
    for (const int32_t child : tree.nodes[i].children) {
      if (child == view.lost[i] || !labels[at(child)]) continue;
      const double times = tree.nodes[at(child)].multiplicity;
      sum += times * *labels[at(child)];
      weight += times;
    }
    changed[i] = weight > 0 ? std::optional(sum / weight) : std::nullopt;
  }
  return changed;
}

}  // namespace hrm::tree
