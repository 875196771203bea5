// One block of the H or L net on one example, forward, fused over cache-sized tiles; post-norm (arXiv 2506.21734,
// section 2):
//
//   x <- rms_norm(x + attention(x))       or, with token mixing, x' <- rms_norm(x' + swiglu(x')) on x' = transposed x
//                                         or, with symbol planes, x <- rms_norm(x + groups(x)), engine/group_mixing.h
//                                         or, with local mixing, x <- rms_norm(x + convolution(x))
//   x <- rms_norm(x + swiglu(x))
//
// The residual stream x stays float32; products take operands of type E (float or bf16). An example's result depends
// neither on the batch around it nor on how many threads share the work. Letters as in engine/dims.h.
#pragma once

#include <vector>

#include "engine/attention.h"
#include "engine/blocked_gemm.h"
#include "engine/dims.h"
#include "engine/group_mixing.h"
#include "engine/packed_weights.h"
#include "engine/worker.h"
#include "kernels/buffer.h"
#include "kernels/rotary.h"

namespace hrm::engine {

// What a block computes with besides its weights.
struct BlockShape {
  Dims dims;
  float epsilon;                       // of the norms
  const kernels::RotaryTable& rotary;  // empty if positions are not rotary; outlives the blocks
};

// What the backward pass of one block needs from its forward pass, row-major.
template <typename E>
struct BlockStash {
  kernels::Buffer<E> x;              // [T,D] the block's input
  kernels::Buffer<E> q, k, v, a;     // attention: [N,T,W] (rotated), and what goes into o_proj [T,D]
  kernels::Buffer<E> mixer_gate_up;  // mixer: [2M,D], gates first; planes: [T,2D], gates first
  kernels::Buffer<E> means;          // planes: [Q,D]
  kernels::Buffer<E> y;              // [T,D] after the first norm
  kernels::Buffer<E> gate_up;        // [T,2I], gates first
  kernels::Buffer<E> out;            // [T,D] the block's output
  kernels::Buffer<float> scale1;     // [T], or [D] for the mixer: the first norm's factors
  kernels::Buffer<float> scale2;     // [T]
  explicit BlockStash(const Dims& d);
};

template <typename E>
class BlockForward {
 public:
  // For teams of exactly team_size members.
  BlockForward(const BlockShape& shape, size_t team_size);

  // Runs the worker's part; all members call it with the same arguments. ws.x and ws.xe hold the input and are
  // replaced by the output. stash: what the backward pass needs, or null (a team of one only).
  void run(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const;

 private:
  struct Rows {  // a member's rows, or with planes those of a plane, and the products over that many
    size_t begin = 0, end = 0;
    BlockedGemm<E> qkv, out, gate_up, down;
    Attention<E> attention;
    size_t size() const { return end - begin; }
  };
  Rows make_rows(size_t begin, size_t end) const;
  void project_heads(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const;
  void attention(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const;
  struct Channels {
    size_t begin, width;
  };
  void mix_channels(const PackedBlock<E>& weights, Channels channels, const Worker<E>& worker,
                    BlockStash<E>* stash) const;
  void token_mixer(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const;
  void local(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const;
  void planes(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const;
  void channel_mlp(const PackedBlock<E>& weights, const Rows& rows, const Worker<E>& worker,
                   BlockStash<E>* stash) const;

  const Dims d_;
  const float epsilon_;
  const kernels::RotaryTable& rotary_;
  std::vector<Rows> rows_;  // per member, or per plane
  GroupForward<E> groups_;
  kernels::Gemm<E> mixer_in_, mixer_in_tail_;  // [64 hidden rows, channels]; the last channels
  kernels::Gemm<E> mixer_out_, mixer_out_tail_;
};

}  // namespace hrm::engine
