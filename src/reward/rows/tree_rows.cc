#include "rows/tree_rows.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <span>

#include "base/utf8.h"
#include "rows/cleanup.h"
#include "rows/step_text.h"

namespace hrm::rows {
namespace {

// Walks a tree depth first and keeps the text of the path in one buffer.
class SoundWalk {
 public:
  SoundWalk(const PathTree& tree, Kind kind, ConversionCounts& counts, const RowSink& emit)
      : nodes_(tree.nodes), question_(strip(tree.question)), kind_(kind), counts_(counts), emit_(emit) {}

  void run() {
    struct Visit {
      int32_t node;
      size_t begin, end;         // of its parent's text within path_
      std::string_view heading;  // at the end of its parent
    };
    std::vector<Visit> open;
    const auto push_children = [&](const PathNode& node, size_t begin, size_t end, std::string_view heading) {
      for (auto child = node.children.rbegin(); child != node.children.rend(); ++child)
        open.push_back({*child, begin, end, heading});
    };
    if (!nodes_.empty()) push_children(nodes_[0], 0, 0, {});
    while (!open.empty()) {
      const Visit visit = open.back();
      open.pop_back();
      const PathNode& node = nodes_[static_cast<size_t>(visit.node)];
      if (!node.usable) {
        counts_.drop("node of a failed request");
        continue;
      }
      path_.resize(visit.end);
      const StepEnds ends = cut_heading(node.text);
      if (ends.body.empty()) {
        counts_.drop("empty step");
        push_children(node, visit.begin, visit.end, ends.heading.empty() ? visit.heading : ends.heading);
        continue;
      }
      if (visit.end > 0) path_ += kBlankLine;
      const size_t begin = path_.size();
      path_ += headed(visit.heading, ends.body);
      rows(node, visit.begin, visit.end, begin);
      push_children(node, begin, path_.size(), ends.heading);
    }
  }

 private:
  // The path is [0, parent_begin) blank line [parent_begin, parent_end) blank line [begin, size).
  void rows(const PathNode& node, size_t parent_begin, size_t parent_end, size_t begin) {
    const std::string_view path = path_;
    if (kind_ == Kind::kOutcome) {
      if (node.outcome) emit_({outcome_prompt(question_, path, Mode::kSound), static_cast<double>(*node.outcome)});
      return;
    }
    if (!node.label) return counts_.drop("node without a label");
    emit_({step_prompt(question_, path.substr(0, parent_end), path.substr(begin), Mode::kSound), *node.label,
           node.trials});
    if (kind_ != Kind::kHierarchical || parent_end == 0) return;
    const size_t before = parent_begin == 0 ? 0 : parent_begin - kBlankLine.size();
    emit_({step_prompt(question_, path.substr(0, before), path.substr(parent_begin), Mode::kSound), *node.label,
           node.trials});
  }

  const std::vector<PathNode>& nodes_;
  std::string_view question_;
  Kind kind_;
  ConversionCounts& counts_;
  const RowSink& emit_;
  std::string path_;
};

// Groups of each depth, all in order of their first node.
std::vector<std::vector<Group>> group_nodes(const PathTree& tree) {
  std::vector<std::vector<Group>> depths;
  std::vector<int32_t> queue{0};
  for (size_t at = 0; at < queue.size(); ++at) {
    const PathNode& node = tree.nodes[static_cast<size_t>(queue[at])];
    queue.insert(queue.end(), node.children.begin(), node.children.end());
    if (node.depth == 0 || !node.label) continue;
    auto depth = std::ranges::find_if(depths, [&](const auto& groups) { return groups[0].depth == node.depth; });
    if (depth == depths.end()) depth = depths.insert(depth, std::vector<Group>());
    auto group = std::ranges::find(*depth, *node.label, &Group::label);
    if (group == depth->end()) group = depth->insert(group, Group{node.depth, *node.label, {}});
    group->nodes.push_back(queue[at]);
  }
  return depths;
}

size_t sample_size(const std::vector<Group>& groups, const Group& group) {
  if (groups.size() == 1) return std::min<size_t>(5, group.nodes.size());
  size_t smallest = group.nodes.size();
  for (const Group& other : groups) smallest = std::min(smallest, other.nodes.size());
  return std::max(smallest, static_cast<size_t>(static_cast<double>(group.nodes.size()) * 0.1));
}

// The texts of the rows of one node.
std::vector<std::string> faithful_prompts(const PathTree& tree, const PathNode& node, const FaithfulChoice& choice,
                                          ConversionCounts& counts) {
  if (node.path.empty() || node.path.size() > 5) {
    counts.drop("path of no or more than 5 steps, which the authors' headings do not cover");
    return {};
  }
  const std::vector<std::string> parts = clean_parts(node.path, choice.kind);
  const std::span<const std::string> all(parts);
  const size_t n = parts.size();
  std::vector<std::string> prompts = {
      step_prompt(tree.question, join(all.first(n - 1), ""), parts[n - 1], Mode::kFaithful)};
  if (prompts[0].find("# Step 1") == std::string::npos) {
    counts.drop("prompt without \"# Step 1\"");
    return {};
  }
  if (choice.kind == Kind::kHierarchical && choice.merge && n >= 2)
    prompts.push_back(
        step_prompt(tree.question, join(all.first(n - 2), ""), parts[n - 2] + parts[n - 1], Mode::kFaithful));
  return prompts;
}

}  // namespace

void sound_tree_rows(const PathTree& tree, Kind kind, ConversionCounts& counts, const RowSink& emit) {
  SoundWalk(tree, kind, counts, emit).run();
}

void tree_solutions(const PathTree& tree, ConversionCounts& counts, const SolutionSink& emit) {
  for (size_t end = 1; end < tree.nodes.size(); ++end) {
    if (!tree.nodes[end].children.empty()) continue;
    std::vector<std::string> texts;
    std::vector<std::optional<double>> labels;
    bool usable = true;
    for (auto at = static_cast<int32_t>(end); at > 0; at = tree.nodes[static_cast<size_t>(at)].parent) {
      const PathNode& node = tree.nodes[static_cast<size_t>(at)];
      texts.push_back(node.text);
      labels.push_back(node.label);
      usable = usable && node.usable;
    }
    if (!usable || !tree.nodes[end].outcome) {
      counts.drop(usable ? "path without an answer that could be graded" : "path through a failed request");
      continue;
    }
    std::ranges::reverse(texts);
    std::ranges::reverse(labels);
    LabeledSolution solution{.question = tree.question, .outcome = static_cast<double>(*tree.nodes[end].outcome)};
    const std::vector<std::string> tidy = tidy_steps(texts);
    for (size_t i = 0; i < tidy.size(); ++i) {
      if (tidy[i].empty()) {
        counts.drop("empty step");
        continue;
      }
      solution.steps.push_back(tidy[i]);
      solution.labels.push_back(labels[i]);
    }
    emit(std::move(solution));
  }
}

Picks random_picks(Rng& rng) {
  return [&rng](const Group& group, size_t k) {
    std::vector<size_t> positions(group.nodes.size());
    std::iota(positions.begin(), positions.end(), size_t{0});
    for (size_t i = 0; i < k; ++i) std::swap(positions[i], positions[i + rng.below(positions.size() - i)]);
    positions.resize(k);
    return positions;
  };
}

void faithful_tree_rows(const PathTree& tree, const FaithfulChoice& choice, ConversionCounts& counts,
                        const RowSink& emit) {
  std::set<std::pair<std::string, double>> seen;
  for (const std::vector<Group>& groups : group_nodes(tree))
    for (const Group& group : groups)
      for (const size_t pick : choice.picks(group, sample_size(groups, group)))
        for (const std::string& prompt :
             faithful_prompts(tree, tree.nodes[static_cast<size_t>(group.nodes[pick])], choice, counts)) {
          const auto [at, is_new] = seen.emplace(ensure_step_spacing(prompt), group.label);
          if (is_new)
            emit({at->first, at->second});
          else
            counts.drop("repeated row");
        }
}

}  // namespace hrm::rows
