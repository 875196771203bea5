// Converts one format of reward data, or the complete paths of tree stores, to another format.
#pragma once

#include <filesystem>
#include <vector>

#include "rows/formats.h"
#include "rows/output.h"
#include "rows/stored_trees.h"

namespace hrm::rows {

struct ConvertOptions {
  std::vector<std::filesystem::path> inputs;
  ReadOptions read;
  TreeOptions trees;
  Format to = Format::kTrl;  // REQUIRES: is_written(to)
  double hard_from = 0.5;    // a step is right from this label on, where the format knows only yes and no
  OutputOptions output;
};

// Writes the records and FILE.meta.json, whole or not at all. Throws as build_rows() does.
OutputReport convert_solutions(const ConvertOptions& options);

}  // namespace hrm::rows
