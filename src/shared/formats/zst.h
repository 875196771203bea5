// Zstandard-compressed files: `puzzles.csv.zst` and `inputs.npy.zst` are read like their contents.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace hrm {

// By the magic number 28 B5 2F FD; the file's name does not matter.
bool looks_like_zst(std::string_view bytes);

// All frames, joined. Throws bad_input naming source and fault: truncated or damaged data, more than `limit` bytes.
std::string decompress_zst(std::string_view bytes, std::string_view source, size_t limit = size_t{1} << 34);

// A whole file, decompressed if it is compressed. Throws bad_input.
std::string read_maybe_zst(const std::filesystem::path& path);

}  // namespace hrm
