// What a file is that a reader does not know: people hold pointers to files, saved web pages, archives around the file
// they mean, and other programs' formats, and "the header is damaged" tells them nothing.
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

}  // namespace hrm
