// What a byte-level BPE tokenizer is made of, read from one of the forms in which it is published.
// docs/formats/tokenizer.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text/added_tokens.h"

namespace hrm::text {

constexpr int32_t kMaxTokenId = (1 << 22) - 1;  // published vocabularies have up to 2^18 tokens

struct TokenizerSpec {
  std::unordered_map<std::string, int32_t> vocabulary;      // in the byte alphabet -> id
  std::vector<std::pair<std::string, std::string>> merges;  // in the byte alphabet, earliest first
  std::vector<AddedToken> added;                            // may also be in the vocabulary
  bool nfc = false;               // text between added tokens is brought into normalisation form C
  bool add_prefix_space = false;  // before text that does not begin with a blank
  bool ignore_merges = false;     // a piece that is a token stays whole
  bool fuse_unknown = false;
  std::optional<std::string> unknown;   // token in place of bytes that the vocabulary lacks
  std::vector<std::string> splits;      // expressions, one applied after another (text/split.h)
  std::vector<int32_t> prefix, suffix;  // special tokens around a text: beginning and end of sequence
};

// A Hugging Face tokenizer.json: model BPE, byte level. Throws bad_input naming source and field where it is none, or
// holds what is not supported (another model, normaliser, pre-tokenizer, post-processor or decoder).
TokenizerSpec parse_tokenizer_json(std::string_view text, std::string_view source);

// A vocabulary as the metadata of a GGUF file holds it (keys tokenizer.ggml.*).
struct GgmlVocabulary {
  std::string model;                // "gpt2": the only one supported
  std::string pre;                  // names the split expressions; empty: "default"
  std::vector<std::string> tokens;  // by id; in the byte alphabet, but for control and user-defined ones
  std::vector<std::string> merges;  // "left right"
  std::vector<int64_t>
      types;  // per token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; may be empty
  std::optional<int64_t> bos, eos;
  std::optional<bool> add_bos, add_eos;  // absent: as usual for `pre`
};
// Throws bad_input naming source and fault: a model or `pre` that is not known (with those that are), sizes that
// disagree.
TokenizerSpec spec_of(const GgmlVocabulary& vocabulary, std::string_view source);

}  // namespace hrm::text
