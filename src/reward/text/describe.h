// What the files of language models hold, as JSON.
#pragma once

#include <filesystem>

#include "base/json.h"

namespace hrm::text {

// A GGUF file: metadata (arrays by their length), how many tensors of which type; with `tensors` each one's type and
// shape. Throws bad_input naming file and fault.
Json describe_gguf(const std::filesystem::path& path, bool tensors);
// A tokenizer.json that this program can read. Throws bad_input if it cannot.
Json describe_tokenizer(const std::filesystem::path& path);

}  // namespace hrm::text
