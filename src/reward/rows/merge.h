// The shards of a build by several processes, put together into what one process would have written.
#pragma once

#include <filesystem>
#include <vector>

#include "rows/output.h"

namespace hrm::rows {

struct MergedRows {
  OutputReport report;
  OutputOptions output;  // as the shards were built, with the paths given here
};

// shards: those of build_shard(), each once, in any order. test_out: empty if they hold no test part. Writes the files
// of build_rows(), byte by byte; benchmarks are read again for the report of leakage. Throws bad_input for a shard that
// is missing, given twice or built with other settings, and for inputs that changed in between; else as build_rows().
MergedRows merge_rows(const std::vector<std::filesystem::path>& shards, const std::filesystem::path& out,
                      const std::filesystem::path& test_out);

}  // namespace hrm::rows
