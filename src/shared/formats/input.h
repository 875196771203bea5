// Opens files as streams: a file or standard input, plain or compressed (Zstandard, gzip, a zip archive of one file),
// without reading it all into memory.
#pragma once

#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

namespace hrm {

// "-" is standard input; the first bytes decide the compression, not the name. A zip archive must hold one file
// (folders, hidden files and __MACOSX aside) and cannot come from standard input. Throws bad_input if the file cannot
// be opened or has a format that is recognized and not read. Damaged or truncated compressed data, and data that expand
// beyond all measure (formats/decoder.h), throw bad_input from the read that meets them, past the stream's own
// functions too.
std::unique_ptr<std::istream> open_input(const std::filesystem::path& path);

// How errors name it: the path, or "standard input".
std::string input_name(const std::filesystem::path& path);

// `head`, then what is left of `rest`: a stream whose first bytes were looked at.
std::unique_ptr<std::istream> joined_input(std::string head, std::unique_ptr<std::istream> rest);

// Everything that is left of a stream. Throws bad_input if that is more than `limit` bytes.
std::string read_rest(std::istream& input, std::string_view source, size_t limit);

}  // namespace hrm
