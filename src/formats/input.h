// Opening foreign files as streams: a file or standard input, plain or Zstandard-compressed, without holding it whole.
#pragma once

#include <filesystem>
#include <istream>
#include <memory>
#include <string>

namespace hrm {

// "-" is standard input; compression is told by the magic number, not by the name. Throws bad_input where the file
// cannot be opened. Damaged or truncated compressed data throws bad_input from the read that meets it, past the
// stream's own functions too.
std::unique_ptr<std::istream> open_input(const std::filesystem::path& path);

// How errors name it: the path, or "standard input".
std::string input_name(const std::filesystem::path& path);

}  // namespace hrm
