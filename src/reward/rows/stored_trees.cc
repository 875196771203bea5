#include "rows/stored_trees.h"

#include <algorithm>

#include "base/error.h"
#include "base/signals.h"

namespace hrm::rows {
namespace {

constexpr uint64_t kNoiseStream = 0x6e6f697365;

tree::LabelOptions labels_of(const TreeOptions& options) {
  return options.compression ? tree::for_compression(options.labels) : options.labels;
}

PathTree with_trials(PathTree paths, const std::vector<tree::EndCounts>& counts, const TreeOptions& options) {
  for (size_t i = 0; options.counts && i < counts.size(); ++i)
    paths.nodes[i].trials = static_cast<double>(counts[i].total);
  return paths;
}

PathTree labeled_paths(steps::Tree tree, const TreeOptions& options, Mode mode) {
  const tree::LabelOptions labels = labels_of(options);
  const tree::LabeledTree labeled = tree::label_tree(std::move(tree), labels);
  if (!options.compression)
    return with_trials(path_tree(labeled.tree, {labeled.labels, labeled.verdicts}, mode), labeled.counts, options);
  const tree::LabeledView view = tree::compress(labeled, labels, *options.compression);
  if (options.noise_instead) {
    const Rng rng(options.compression->seed, {kNoiseStream, steps::root_id(labeled.tree.problem).high});
    return path_tree(labeled.tree, {tree::with_equal_noise(labeled.labels, view.labels, rng), labeled.verdicts}, mode);
  }
  return with_trials(path_tree(labeled.tree, view.view, {view.labels, labeled.verdicts}, mode), view.counts, options);
}

uint64_t leaves_of(const PathTree& tree) {
  const auto is_leaf = [](const PathNode& node) { return node.parent >= 0 && node.children.empty(); };
  return static_cast<uint64_t>(std::ranges::count_if(tree.nodes, is_leaf));
}

}  // namespace

Json TreeOptions::to_json() const {
  Json json = labels_of(*this).to_json();
  json["counts"] = counts;
  json["compression"] = nullptr;
  if (compression)
    json["compression"] = {{"mode", name_of_enum(compression->mode)},
                           {"p", compression->p},
                           {"min_children", compression->min_children},
                           {"seed", compression->seed},
                           {"noise_instead", noise_instead}};
  return json;
}

void TreeOptions::validate() const {
  if (!counts) return;
  if (labels.kind != tree::LabelKind::kMc)
    throw bad_input("rows.trees", "--counts: labels {} are not shares of counted ends: use --labels mc",
                    name_of_enum(labels.kind));
  if (noise_instead)
    throw bad_input("rows.trees", "--counts: labels with noise have no counts: use only one of the two");
}

void for_each_tree(const std::filesystem::path& path, const TreeReading& reading, ConversionCounts& counts,
                   const TreeUse& use) {
  const tree::StoreReader store(path);
  const size_t trees = store.contents().problems.size();
  for (size_t i = 0; i < trees; ++i) {
    if (!reading.shard.has(i)) continue;
    if (interrupted()) throw failure("rows.read", "{}: interrupted", path.string());
    counts.at = i;
    const tree::StoredProblem& stored = store.contents().problems[i];
    ++counts.records;
    tree::BuiltTree built = store.load(i);
    counts.note("node lost with a damaged record", built.orphan_samples);
    counts.note("node whose growth is not finished",
                static_cast<uint64_t>(std::ranges::count_if(built.tree.nodes, &steps::Node::unfinished)));
    const StoredTree tree{stored.problem, stored.root,
                          labeled_paths(std::move(built.tree), reading.options, reading.mode)};
    counts.solutions += leaves_of(tree.tree);
    use(tree, fmt::format("{}: problem '{}'", path.string(), stored.problem.id));
  }
  counts.at = trees;
}

}  // namespace hrm::rows
