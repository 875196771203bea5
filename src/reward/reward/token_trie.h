// Merges texts into one tree of tokens, so that shared prefixes are read once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reward/placed_text.h"

namespace hrm::reward {

struct TrieNode {
  // Tokens of this edge: [begin, end) of that text. What is above it is [0, begin) of the same.
  int32_t text = 0;
  int64_t begin = 0, end = 0;
  struct Read {
    int64_t place;   // in the text, in [begin, end)
    int32_t result;  // which of all scores: those of the first text, of the second, ...
  };
  std::vector<Read> reads;
  std::vector<TrieNode> children;
  int64_t length() const { return end - begin; }
};

// A forest over the texts up to their last place. Edges with one way on are one edge. A part between two places that
// c > 1 edges would share is stored once only if that saves more than `worth` tokens, (c - 1) times its length; else
// each has a copy of it: a call to the model costs as much as reading some tokens.
// The order of the children does not depend on the order of the texts.
std::vector<TrieNode> token_trie(std::span<const PlacedText> texts, int64_t worth);

int64_t token_count(std::span<const TrieNode> forest);

}  // namespace hrm::reward
