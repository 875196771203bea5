#include "base/shards.h"

#include <charconv>
#include <string>
#include <system_error>

#include "base/error.h"

namespace hrm {
namespace {

// The number behind -of- in rows.jsonl.0-of-4; 0 for other names.
size_t processes_of(std::string_view name, std::string_view whole) {
  if (!name.starts_with(whole) || !name.substr(whole.size()).starts_with('.')) return 0;
  name.remove_prefix(whole.size() + 1);
  size_t rank = 0, size = 0;
  const char* end = name.data() + name.size();
  const auto first = std::from_chars(name.data(), end, rank);
  const std::string_view rest(first.ptr, static_cast<size_t>(end - first.ptr));
  if (first.ec != std::errc() || !rest.starts_with("-of-")) return 0;
  const auto second = std::from_chars(first.ptr + 4, end, size);
  return second.ec == std::errc() && second.ptr == end ? size : 0;
}

}  // namespace

std::filesystem::path shard_path(const std::filesystem::path& whole, const Shard& shard, std::string_view way_out) {
  const std::string name = whole.filename().string();
  const std::filesystem::path folder = whole.has_parent_path() ? whole.parent_path() : ".";
  std::filesystem::path other;  // the first by name of another number of processes
  std::error_code none;         // the folder need not be there
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    const size_t processes = processes_of(entry.path().filename().string(), name);
    if (processes > 0 && processes != shard.size && (other.empty() || entry.path() < other)) other = entry.path();
  }
  if (!other.empty())
    throw bad_input("base.shards",
                    "{}: was written by one of {} processes, and now there are {}: start as many as before, or {}",
                    other.string(), processes_of(other.filename().string(), name), shard.size, way_out);
  return shard.size == 1 ? whole : folder / fmt::format("{}.{}-of-{}", name, shard.rank, shard.size);
}

}  // namespace hrm
