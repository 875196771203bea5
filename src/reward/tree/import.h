// Reads whole trees, ours or the authors' (docs/formats/tree-jsonl.md), into a store.
#pragma once

#include "formats/jsonl.h"
#include "tree/store.h"

namespace hrm::tree {

struct ImportReport {
  int64_t trees = 0, nodes = 0;
  int64_t already_there = 0;  // trees of problems that the store already held
  BadLines bad;               // left out, with skip_bad
  Json to_json() const;
};

// Adds the trees of a file of JSON lines ("-": standard input) and syncs the store; one without settings gets the name
// of the file as `imported`. A tree is there as a whole or is imported again. Throws bad_input naming file and line for
// what is not a tree, unless such lines are skipped; failure on a full disk.
ImportReport import_trees(const std::filesystem::path& file, bool skip_bad, StoreWriter& store);

}  // namespace hrm::tree
