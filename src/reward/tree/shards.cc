#include "tree/shards.h"

#include <charconv>
#include <string_view>

#include "base/error.h"

namespace hrm::tree {
namespace {

constexpr std::string_view kInShards = "tree.shards";

// The number behind -of- in g.tree.0-of-4; 0 for other names.
size_t processes_of(std::string_view name, std::string_view store) {
  if (!name.starts_with(store) || !name.substr(store.size()).starts_with('.')) return 0;
  name.remove_prefix(store.size() + 1);
  size_t rank = 0, size = 0;
  const char* end = name.data() + name.size();
  const auto first = std::from_chars(name.data(), end, rank);
  const std::string_view rest(first.ptr, static_cast<size_t>(end - first.ptr));
  if (first.ec != std::errc() || !rest.starts_with("-of-")) return 0;
  const auto second = std::from_chars(first.ptr + 4, end, size);
  return second.ec == std::errc() && second.ptr == end ? size : 0;
}

}  // namespace

std::filesystem::path shard_store(const std::filesystem::path& store, size_t rank, size_t size) {
  const std::string name = store.filename().string();
  const std::filesystem::path folder = store.has_parent_path() ? store.parent_path() : ".";
  std::filesystem::path other;  // the first by name of another number of processes
  std::error_code none;         // the folder need not be there
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    const size_t processes = processes_of(entry.path().filename().string(), name);
    if (processes > 0 && processes != size && (other.empty() || entry.path() < other)) other = entry.path();
  }
  if (!other.empty())
    throw bad_input(kInShards,
                    "{}: is the store of one of {} processes, and now there are {}: start as many as before, or merge "
                    "their stores with hrm tree merge and continue with another --store",
                    other.string(), processes_of(other.filename().string(), name), size);
  if (size == 1) return store;
  if (std::filesystem::exists(store))
    throw bad_input(
        kInShards, "{}: is the store of one process, and now there are {}: choose another --store, or unset WORLD_SIZE",
        store.string(), size);
  return folder / fmt::format("{}.{}-of-{}", name, rank, size);
}

std::vector<steps::ProblemRecord> shard_problems(std::vector<steps::ProblemRecord> problems, size_t rank, size_t size) {
  if (size == 1) return problems;
  if (problems.size() < size)
    throw bad_input(kInShards, "{} problems are too few for {} processes", problems.size(), size);
  std::vector<steps::ProblemRecord> share;
  for (size_t i = rank; i < problems.size(); i += size) share.push_back(std::move(problems[i]));
  return share;
}

}  // namespace hrm::tree
