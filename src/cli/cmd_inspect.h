// The parts of `hrm inspect` in separate files.
#pragma once

#include <filesystem>
#include <span>

#include "base/json.h"

namespace hrm::cli {

// A GGUF file: metadata (arrays by their length), how many tensors of which type; with `tensors` each one's type and
// shape.
Json describe_gguf(std::span<const std::byte> bytes, const std::filesystem::path& path, bool tensors);
// A tokenizer.json that this program can read.
Json describe_tokenizer(const std::filesystem::path& path);

}  // namespace hrm::cli
