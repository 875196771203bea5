// The parts of a BPE tokenizer, read from one of its published forms.
//
// Two alphabets. Byte level (GPT-2, Llama 3, Qwen2): tokens are bytes, written in text/byte_alphabet.h. Characters
// (SentencePiece; Llama 2, Mistral): tokens are characters, a blank written as U+2581, and characters that the
// vocabulary lacks are tokens of their bytes, <0x00> to <0xFF>. docs/formats/tokenizer.md
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

// Where a blank is put before text. Sections are the texts between added tokens.
enum class PrefixSpace {
  kNone,
  kText,     // before a text that does not begin with one
  kSection,  // before each section that does not begin with one
  kAlways,   // before each section
};

// How decoding undoes it.
enum class DroppedSpace {
  kNone,
  kOne,         // the first character, if it is a blank
  kFirstToken,  // all blanks of the first token
};

struct TokenizerSpec {
  bool characters = false;     // the alphabet
  bool byte_fallback = false;  // characters: tokens of bytes; without them a character becomes `unknown`
  std::unordered_map<std::string, int32_t> vocabulary;      // as written -> id
  std::vector<std::pair<std::string, std::string>> merges;  // as written, earliest first
  std::vector<AddedToken> added;                            // may also be in the vocabulary
  bool nfc = false;  // text between added tokens is brought into normalization form C
  PrefixSpace prefix_space = PrefixSpace::kNone;
  DroppedSpace dropped_space = DroppedSpace::kNone;
  bool ignore_merges = false;  // a piece that is a token stays whole
  bool fuse_unknown = false;
  std::optional<std::string> unknown;   // token in place of bytes that the vocabulary lacks
  std::vector<std::string> splits;      // expressions, one applied after another (text/split.h)
  std::vector<int32_t> prefix, suffix;  // special tokens around a text: beginning and end of sequence
};

// A Hugging Face tokenizer.json: model BPE. Throws bad_input naming source and field if it is not one, or
// holds what is not supported (another model, normalizer, pre-tokenizer, post-processor or decoder).
TokenizerSpec parse_tokenizer_json(std::string_view text, std::string_view source);

// A vocabulary as the metadata of a GGUF file holds it (keys tokenizer.ggml.*).
struct GgmlVocabulary {
  std::string model;                // "gpt2": byte level; "llama": characters, merged by `scores`
  std::string pre;                  // names the split expressions; empty: "default"
  std::vector<std::string> tokens;  // by id, as written; control and user-defined ones as they are
  std::vector<std::string> merges;  // "left right"
  std::vector<double> scores;       // llama: per token, higher ones are merged first
  std::vector<int64_t>
      types;  // per token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; may be empty
  std::optional<int64_t> bos, eos;
  std::optional<bool> add_space_prefix;  // llama
  std::optional<bool> add_bos, add_eos;  // absent: as usual for `pre`
};
// Throws bad_input naming source and fault: a model or `pre` that is not known (with those that are), sizes that
// disagree.
TokenizerSpec spec_of(const GgmlVocabulary& vocabulary, std::string_view source);

}  // namespace hrm::text
