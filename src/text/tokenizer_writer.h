// Tokenizers out: a tokenizer.json that transformers loads, from any specification (one read from GGUF metadata, or one
// made here).
#pragma once

#include <filesystem>
#include <string>

#include "text/tokenizer_config.h"
#include "text/tokenizer_spec.h"

namespace hrm::text {

// parse_tokenizer_json() of it gives the same specification.
std::string to_tokenizer_json(const TokenizerSpec& spec);

// tokenizer.json and tokenizer_config.json, each atomic. Throws failure where a file cannot be written.
void save_tokenizer(const std::filesystem::path& folder, const TokenizerSpec& spec, const TokenizerConfig& config);

// One token per printable ASCII character and newline, behind the special tokens kPad, kEnd and kUnknown (which stands
// for every other byte): byte-level BPE without merges, for models made from scratch on texts such as those of the
// arithmetic world.
inline constexpr const char* kPad = "<|pad|>";
inline constexpr const char* kEnd = "<|endoftext|>";
inline constexpr const char* kUnknown = "<|unknown|>";
TokenizerSpec character_spec();
TokenizerConfig character_config();

}  // namespace hrm::text
