// The keys and values of what a decoder has read, so that continuing costs only the new tokens.
//
// B rows side by side. All of them begin with the same prefix of S tokens, held once; each continues with tokens of its
// own. That serves the three ways in which reasoning is read:
//   - different texts:           no prefix, every row has its own length;
//   - N samples of one prompt:   branch(row, N) shares the prompt;
//   - a tree of steps:           the children of a node are the rows of branch(node, children), read in one call; then
//                                branch() again for each child that has children, depth first.
// Rows of different lengths are padded on the right: a token never sees one after it, so padding needs no mask, and the
// next token of the row overwrites it.
//
// Tensors of a branch are shared with its origin until written, so a walk over a tree holds each path once.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace hrm::language {

class KvCache {
 public:
  explicit KvCache(int64_t rows = 1) : lengths_(static_cast<size_t>(rows), 0) {}

  int64_t rows() const { return static_cast<int64_t>(lengths_.size()); }
  int64_t prefix() const { return prefix_; }
  int64_t length(int64_t row) const { return prefix_ + lengths_[static_cast<size_t>(row)]; }  // prefix and own

  // `rows` rows whose prefix is all that the row has read. Copies the row's own keys and values, not the prefix where
  // it has none.
  KvCache branch(int64_t row, int64_t rows) const;
  // Those rows, in that order; one may be named more than once.
  void keep(std::span<const int64_t> rows);
  // Row i of `other` takes the place of row slots[i]; slots after the last row, without a gap, are new rows. REQUIRES:
  // neither has a prefix, every slot is named once.
  void adopt(const KvCache& other, std::span<const int64_t> slots);
  // Forgets what the row has read beyond `length` tokens. REQUIRES: prefix() <= length <= length(row)
  void truncate(int64_t row, int64_t length);

  // --- for the decoder ---

  // One call that reads T new tokens per row, of which the first counts[b] count.
  struct Step {
    int64_t tokens = 0, used = 0;  // T; own tokens of the longest row with the new ones
    bool causal = false;           // nothing was read before: token t sees the tokens up to t
    bool aligned = false;          // all rows are equally long
    at::Tensor positions;          // [B,T] i64
    at::Tensor slots;              // [B,T] i64 place among the row's own tokens
    // [B,1,T,used], to be added to scores: 0 for what may be seen, else -inf. Undefined if all may or causal says it.
    at::Tensor mask;
  };
  Step begin(int64_t tokens, at::Device device, at::ScalarType type) const;  // type: of the scores
  void finish(std::span<const int64_t> counts);

  struct Layer {
    at::Tensor prefix_k, prefix_v;  // [1,KV,S,W]; undefined without a prefix
    at::Tensor k, v;                // [B,KV,capacity,W]
  };
  // Writes k and v [B,KV,T,W] of the new tokens and returns what the layer holds now, cut to step.used.
  Layer append(size_t layer, const at::Tensor& k, const at::Tensor& v, const Step& step);

 private:
  int64_t prefix_ = 0;
  std::vector<int64_t> lengths_;  // own tokens
  std::vector<Layer> layers_;
};

}  // namespace hrm::language
