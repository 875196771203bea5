// Trees of a store (tree/store.h) with their labels, plain or through node compression, one at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "rows/sampling_tree.h"
#include "tree/labeled.h"
#include "tree/store.h"

namespace hrm::rows {

struct TreeOptions {
  tree::LabelOptions labels;
  std::optional<tree::CompressionOptions> compression;  // labels of views are those of leaves
  bool counts = false;                                  // rows tell the ends behind their labels
  bool noise_instead =
      false;  // its label changes go to other nodes and no text changes: what compression is more than noise
  Json to_json() const;
  // Throws bad_input for counts of labels that have none: --labels other than mc, noise.
  void validate() const;
};

struct StoredTree {
  steps::Problem problem;
  steps::NodeId root;
  PathTree tree;
};

// place: "a.tree: problem 'gsm8k-17'". Of counts, each tree is a record and each path from its root to a leaf (of the
// view, if it is compressed) a solution. Throws bad_input for what is not a store, failure when interrupted.
using TreeUse = std::function<void(const StoredTree&, const std::string& place)>;
struct TreeReading {
  TreeOptions options;
  Mode mode;
  Shard shard = {};  // trees of other processes are passed over
};
void for_each_tree(const std::filesystem::path& path, const TreeReading& reading, ConversionCounts& counts,
                   const TreeUse& use);

}  // namespace hrm::rows
