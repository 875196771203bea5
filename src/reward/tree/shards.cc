#include "tree/shards.h"

#include <string_view>

#include "base/error.h"

namespace hrm::tree {
namespace {

constexpr std::string_view kInShards = "tree.shards";

}  // namespace

std::filesystem::path shard_store(const std::filesystem::path& store, const Shard& shard) {
  const std::filesystem::path path =
      shard_path(store, shard, "merge them with hrm tree merge and continue with another --store");
  if (shard.size > 1 && std::filesystem::exists(store))
    throw bad_input(
        kInShards, "{}: is the store of one process, and now there are {}: choose another --store, or unset WORLD_SIZE",
        store.string(), shard.size);
  return path;
}

std::vector<steps::ProblemRecord> shard_problems(std::vector<steps::ProblemRecord> problems, const Shard& shard) {
  if (shard.size == 1) return problems;
  if (problems.size() < shard.size)
    throw bad_input(kInShards, "{} problems are too few for {} processes", problems.size(), shard.size);
  std::vector<steps::ProblemRecord> share;
  for (size_t i = shard.rank; i < problems.size(); i += shard.size) share.push_back(std::move(problems[i]));
  return share;
}

}  // namespace hrm::tree
