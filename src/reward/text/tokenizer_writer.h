// Writes a tokenizer.json that transformers loads, from any specification (one read from GGUF metadata, or one made
// here).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "text/tokenizer_config.h"
#include "text/tokenizer_spec.h"

namespace hrm::text {

// parse_tokenizer_json() of it gives the same specification.
std::string to_tokenizer_json(const TokenizerSpec& spec);

// tokenizer.json and tokenizer_config.json, each atomic. Throws failure if a file cannot be written.
void save_tokenizer(const std::filesystem::path& folder, const TokenizerSpec& spec, const TokenizerConfig& config);

// One token per byte (0 to 255), then kEnd, which also pads, then `phrases`, each one token: byte-level BPE without
// merges, for models made from scratch.
inline constexpr const char* kEnd = "<|endoftext|>";
TokenizerSpec byte_spec(const std::vector<std::string>& phrases = {});
TokenizerConfig byte_config();

}  // namespace hrm::text
