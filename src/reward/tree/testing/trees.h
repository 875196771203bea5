// What tests of this room and of those above share. Test code only.
#pragma once

#include <string>
#include <vector>

#include "base/testing/paths.h"
#include "formats/jsonl.h"
#include "steps/tree.h"
#include "tree/store.h"
#include "tree/tree_json.h"

namespace hrm::tree {

inline std::filesystem::path reward_fixture(const std::string& name) {
  return shared_folder() / "fixtures/reward" / (name + ".zst");
}

// A tree of nodes given as {parent, text}; the texts of leaves are their answers. The root is not given.
inline steps::Tree make_tree(const std::vector<std::pair<int32_t, std::string>>& nodes,
                             const std::string& gold = "right") {
  steps::Tree tree{.problem = {"p", "question", gold},
                   .nodes = {steps::Node{.id = steps::root_id({"p", "question", gold})}}};
  for (const auto& [parent, text] : nodes) {
    steps::Node& above = tree.nodes.at(static_cast<size_t>(parent));
    const auto ordinal = static_cast<int32_t>(above.children.size());
    steps::Node node{.id = child_id(above.id, ordinal, text), .parent = parent, .ordinal = ordinal, .text = text};
    above.children.push_back(static_cast<int32_t>(tree.nodes.size()));
    tree.nodes.push_back(std::move(node));
  }
  for (steps::Node& node : tree.nodes)
    if (node.children.empty()) {
      node.answer = node.text;
      node.terminal = true;
    }
  sort_breadth_first(tree);
  return tree;
}

// Adds the trees to a store, as if they had been grown or imported there.
inline void store_trees(const std::filesystem::path& path, const std::vector<steps::Tree>& trees) {
  StoreWriter store(path);
  for (size_t i = 0; i < trees.size(); ++i) {
    store.append(steps::ProblemRecord{static_cast<int64_t>(i), trees[i].problem});
    for (const RequestRecord& request : requests_of(trees[i])) store.append(request);
  }
}

}  // namespace hrm::tree
