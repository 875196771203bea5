// Work that several processes share without meeting: each has its share of the items and a file of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

namespace hrm {

// Process `rank` of `size`. It has the items rank, rank + size, rank + 2 size, ...: what is hard often stands together
// in a file.
struct Shard {
  size_t rank = 0, size = 1;
  bool has(uint64_t item) const { return item % size == rank; }
  bool operator==(const Shard&) const = default;
};

// The file of a process: FILE.0-of-4, or FILE itself if there is one process. Throws bad_input with the way out if files
// of another number of processes stand beside it: work would be done twice.
std::filesystem::path shard_path(const std::filesystem::path& whole, const Shard& shard, std::string_view way_out);

}  // namespace hrm
