// The contents of files of language models, as JSON.
#pragma once

#include <filesystem>

#include "base/json.h"

namespace hrm::text {

// A GGUF file: metadata (arrays by their length), the number of tensors of each type; with `tensors` the type and
// shape of each. Throws bad_input with file and fault.
Json describe_gguf(const std::filesystem::path& path, bool tensors);
// A tokenizer.json that this program can read. Throws bad_input if it cannot.
Json describe_tokenizer(const std::filesystem::path& path);

}  // namespace hrm::text
