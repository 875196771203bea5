// Trees grown by several processes that do not meet: each has its share of the problems and a store of its own.
#pragma once

#include <filesystem>
#include <vector>

#include "base/shards.h"
#include "steps/problem_file.h"

namespace hrm::tree {

// The store of a process, as shard_path() names it. Throws bad_input if stores of another number of processes stand
// beside it: problems would be grown twice.
std::filesystem::path shard_store(const std::filesystem::path& store, const Shard& shard);

// The problems that a process has. Throws bad_input if there are fewer problems than processes.
std::vector<steps::ProblemRecord> shard_problems(std::vector<steps::ProblemRecord> problems, const Shard& shard);

}  // namespace hrm::tree
