// Merges texts into one tree of tokens, so that shared prefixes are read once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hrm::reward {

struct TrieNode {
  // Tokens of this edge: [begin, end) of that sequence. What is above it is [0, begin) of the same.
  int32_t sequence = 0;
  int64_t begin = 0, end = 0;
  struct Read {
    int64_t place;   // in the sequence, in [begin, end)
    int32_t result;  // which sequence ends there
  };
  std::vector<Read> reads;
  std::vector<TrieNode> children;
  int64_t length() const { return end - begin; }
};

// A forest over the sequences, each of which ends at the place of a read. Edges with one way on are one edge. A part
// that c > 1 edges would share is stored once only if that saves more than `worth` tokens, (c - 1) times its length;
// else each has a copy of it: a call to the model costs as much as reading some tokens.
// REQUIRES: no sequence is empty. The order of the children does not depend on the order of the sequences.
std::vector<TrieNode> token_trie(std::span<const std::vector<int64_t>> sequences, int64_t worth);

int64_t token_count(std::span<const TrieNode> forest);

}  // namespace hrm::reward
