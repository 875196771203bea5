// Trees grown by several processes that do not meet: each has its share of the problems and a store of its own.
#pragma once

#include <filesystem>
#include <vector>

#include "steps/problem_file.h"

namespace hrm::tree {

// The store of process `rank` of `size`: STORE.0-of-4, or STORE itself if there is one process. Throws bad_input if stores
// of another number of processes stand beside it: problems would be grown twice.
std::filesystem::path shard_store(const std::filesystem::path& store, size_t rank, size_t size);

// Every size-th problem from `rank` on: difficulty often follows the order of a file. Throws bad_input if there are fewer
// problems than processes.
std::vector<steps::ProblemRecord> shard_problems(std::vector<steps::ProblemRecord> problems, size_t rank, size_t size);

}  // namespace hrm::tree
