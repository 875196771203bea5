// Recognizes files that a reader cannot read: pointers to files, saved web pages, archives around the file, and other
// programs' formats, for which "the header is damaged" would not help.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace hrm {

// Told by the first bytes, and by the name where these say nothing. A clause to follow the file's name: "is a Git LFS
// pointer, not the file itself: fetch it with git lfs pull". Empty for files of torch.save and safetensors, and where
// nothing is recognized.
std::string describe_foreign(std::span<const std::byte> bytes, std::string_view name);

// For a file of which nothing is recognized: "is of no kind that is known here: it begins with the bytes 08 07 12 07".
std::string describe_unknown(std::span<const std::byte> bytes);

}  // namespace hrm
