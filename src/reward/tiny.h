// Reward models from nothing: a decoder of a few hundred thousand parameters that reads bytes, for the synthetic worlds
// and for tests.
#pragma once

#include <filesystem>

#include "base/json.h"
#include "language/config.h"
#include "language/heads.h"
#include "reward/layout.h"

namespace hrm::reward {

// A tokenizer.json in which every byte is a token: 256 of them, "<|endoftext|>" and `phrases`, each one token.
Json byte_tokenizer(const std::vector<std::string>& phrases);

// The parts of rows' prompts that are the same in every row: as tokens they cost a byte-level model next to nothing.
// None begins with a newline, so the cuts of LayoutReader::row() never fall into one.
std::vector<std::string> prompt_phrases();

struct TinySize {
  int64_t hidden_size = 96, layers = 3, heads = 4, context = 1024;

  static void fields(auto& self, auto&& field) {
    field("hidden", self.hidden_size, "width of a tiny model");
    field("layers", self.layers, "layers of a tiny model");
    field("heads", self.heads, "attention heads of a tiny model");
    field("context", self.context, "longest text of a tiny model, in tokens");
  }
};

language::DecoderConfig tiny_decoder(int64_t vocabulary, const TinySize& size);

// tokenizer.json and tokenizer_config.json for phrases of prompts. Returns the number of tokens.
int64_t write_tiny_tokenizer(const std::filesystem::path& folder);

}  // namespace hrm::reward
