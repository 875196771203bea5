// Training rows from files of labeled steps and from tree stores, in one file or split in two by problem.
#pragma once

#include <filesystem>
#include <vector>

#include "rows/output.h"
#include "rows/row.h"
#include "rows/stored_trees.h"

namespace hrm::rows {

struct BuildOptions {
  std::vector<std::filesystem::path> inputs;  // files of any format read here, and tree stores
  ReadOptions read;
  TreeOptions trees;  // kFaithful: labels as the authors count them
  Kind kind = Kind::kProcess;
  Mode mode = Mode::kSound;
  size_t max_bytes = 0;  // longer rows are dropped; 0: no limit
  OutputOptions output;
  Shard shard = {};  // of build_shard
};

// Writes rows and FILE.meta.json, both whole or not at all. Faithful mode reads PRM800K files of phase 1 or
// stores, not both; compressed trees of the test part give no merged rows there. Throws bad_input, also where the
// inputs hold nothing, failure on a full disk and when interrupted.
OutputReport build_rows(const BuildOptions& options);

// The rows of every shard.size-th record of each input, for merge_rows (rows/merge.h), into output.out, whole or not at
// all; output.test_out stays unwritten. written counts them before repeats are resolved. Throws as build_rows().
OutputReport build_shard(const BuildOptions& options);

}  // namespace hrm::rows
