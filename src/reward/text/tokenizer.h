// BPE tokenizers: text to token ids and back, as the tokenizers of GPT-2, Llama 3, Qwen2 and SmolLM2 do it (over
// bytes), and those of Llama 2 and Mistral (over characters).
//
//   text -> added tokens found as written -> NFC -> added tokens found in the normalized text -> pieces by regular
//   expressions -> bytes or characters -> merges by rank (text/bpe.h)
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/added_tokens.h"
#include "text/bpe.h"
#include "text/split.h"
#include "text/tokenizer_spec.h"

namespace hrm::text {

enum class Specials { kKeep, kDrop };

// What is encoded: a text with the special tokens that the tokenizer puts around one (nothing for most); a text without
// them; or what continues after a text, before which no blank is put either (Llama 2 and Mistral put one before a
// text).
enum class Part { kFramed, kText, kContinuation };

// Thread-safe once made. Movable.
class Tokenizer {
 public:
  // Throws bad_input naming source and fault: merges of tokens that are not in the vocabulary, two tokens of one id,
  // ids beyond kMaxTokenId, expressions that cannot be compiled.
  Tokenizer(const TokenizerSpec& spec, std::string source);
  // A tokenizer.json, or a folder that holds one.
  static Tokenizer load(const std::filesystem::path& path);

  // Bytes that are not UTF-8 count as U+FFFD. Throws failure only where a split expression exceeds its steps.
  std::vector<int32_t> encode(std::string_view text, Part part = Part::kFramed) const;
  // Of a text from its beginning: the blank that encoding puts there is dropped. Sequences of bytes that are not UTF-8
  // become U+FFFD; ids without a token give nothing.
  std::string decode(std::span<const int32_t> ids, Specials specials = Specials::kKeep) const;

  // Bytes of the token, blanks as blanks; they need not be UTF-8. Empty for ids without a token.
  std::string_view bytes_of(int32_t id) const;
  // A token as the vocabulary writes it (text/tokenizer_spec.h), or an added one as it is.
  std::optional<int32_t> find(std::string_view token) const;
  bool is_special(int32_t id) const;
  // One more than the largest id. Models may have more outputs.
  int32_t size() const { return static_cast<int32_t>(bytes_.size()); }
  // The special tokens that begin a framed text.
  std::span<const int32_t> prefix() const { return prefix_; }
  const std::string& source() const { return source_; }

 private:
  enum class Place { kStart, kBehindToken, kBehindText };  // of a section
  void encode_between(std::string_view text, Place place, std::vector<int32_t>& ids) const;
  void encode_section(std::string_view text, Place place, std::vector<int32_t>& ids) const;
  bool puts_blank(std::string_view section, Place place) const;

  std::string source_;
  bool nfc_, characters_;
  PrefixSpace prefix_space_;
  DroppedSpace dropped_space_;
  std::vector<int32_t> prefix_, suffix_;
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<std::string> bytes_;  // by id
  std::vector<bool> special_;       // by id
  AddedTokenFinder as_written_, normalized_;
  Splitter splitter_;
  Bpe bpe_;
};

// Rows of one length: texts encoded, cut after max_length tokens, and padded on the right to the longest.
struct EncodedBatch {
  size_t rows = 0, length = 0;
  std::vector<int32_t> ids;   // [rows, length]
  std::vector<uint8_t> mask;  // [rows, length]: 1 for tokens, 0 for padding
};
EncodedBatch encode_batch(const Tokenizer& tokenizer, std::span<const std::string> texts, size_t max_length,
                          int32_t pad);

// Decodes a text as it is generated after another: joined, all that push() and finish() return is decode() of the ids,
// without dropping a blank. Characters whose bytes are not yet complete are held back.
class StreamDecoder {
 public:
  // tokenizer must outlive this.
  explicit StreamDecoder(const Tokenizer& tokenizer, Specials specials = Specials::kDrop)
      : tokenizer_(tokenizer), specials_(specials) {}
  std::string push(int32_t id);
  std::string finish();

 private:
  const Tokenizer& tokenizer_;
  Specials specials_;
  std::string held_;
};

}  // namespace hrm::text
