// Byte-pair encoding of one piece of text: its bytes, or its characters, are joined pair by pair, always the pair that
// stands earliest in the list of merges, the leftmost of equal ones, until no pair is in the list (Sennrich et al.
// 2016, arXiv 1508.07909).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hrm::text {

struct Merge {
  int32_t left, right, result;  // token ids
};

struct BpeSpec {
  std::vector<int32_t> byte_ids;  // 256: the token of each byte; -1: there is none
  // The tokens of characters, if the piece is taken apart into these; bytes only of those that have none, and only
  // where all of the character's bytes are tokens.
  std::optional<std::unordered_map<char32_t, int32_t>> characters;
  std::vector<Merge> merges;  // earliest first; the later one of two for the same pair holds
  // Pieces that are a token as a whole are not split ("ignore_merges"); bytes -> token.
  std::unordered_map<std::string, int32_t> whole;
  std::optional<int32_t> unknown;  // in place of bytes without a token; without it they are dropped
  bool fuse_unknown = false;       // one for a run of such bytes
};

// Thread-safe. Ids of short pieces are remembered in a cache of fixed size.
class Bpe {
 public:
  explicit Bpe(BpeSpec spec);
  ~Bpe();
  Bpe(Bpe&&) noexcept;
  Bpe& operator=(Bpe&&) noexcept;

  // Appends the tokens of the piece, which is valid UTF-8 if it is taken apart into characters. Time is n log n in
  // its bytes.
  void encode(std::string_view piece, std::vector<int32_t>& ids) const;

 private:
  class PairTable;
  class Cache;

  void encode_anew(std::string_view piece, std::vector<int32_t>& ids) const;
  void to_symbols(std::string_view piece, std::vector<int32_t>& symbols) const;
  void characters_to_symbols(std::string_view piece, std::vector<int32_t>& symbols) const;
  void merge_short(std::vector<int32_t>& symbols) const;
  void merge_long(std::vector<int32_t>& symbols) const;

  BpeSpec spec_;
  std::unique_ptr<PairTable> pairs_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace hrm::text
