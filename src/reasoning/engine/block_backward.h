// Gradient of one block (engine/block_forward.h) for a micro-batch of examples, by hand.
//
// With r = x + delta, y = s r the norm's result, and g = dL/dy, the norm gives dr (kernels/rms_norm.h), which goes two
// ways: unchanged to x, and through the matrices to x once more. For a product Y = X W^T:
//
//   dX = dY W                          example by example, while it is in the cache
//   dW = sum over examples dY^T X      one batched product over the examples of the micro-batch, so that the float32
//                                      gradient is read and written once for all of them
//
// Some weight gradients come out transposed because that spares the transposition of the wider operand; the order of
// additions is fixed. Letters as in engine/dims.h.
#pragma once

#include <span>

#include "engine/block_forward.h"

namespace hrm::engine {

// Where a block's weight gradients are added to: float32, in these shapes.
struct BlockGradient {
  float* mixer_in;   // attention: [D,3D] (transposed); mixer: [2M,T]; planes: [D,2D] (transposed);
                     // local: [9,D] (transposed)
  float* mixer_out;  // attention: [D,D]; mixer: [M,T] (transposed); planes: [D,4D]; local: null
  float* gate_up;    // [D,2I] (transposed)
  float* down;       // [D,I]
};
// Which of them are transposed against the parameter.
struct TransposedGradients {
  bool mixer_in, mixer_out;
  bool gate_up = true, down = false;
};
TransposedGradients transposed_gradients(const Dims& dims);

// Scratch of one thread for micro-batches of up to `examples`.
template <typename E>
struct BackwardWorkspace {
  BackwardWorkspace(const Dims& d, size_t examples);

  size_t examples;
  // Operands of the weight gradients, per example: wide ones [T_even, 2I] or larger, narrow ones [D, T_even].
  kernels::Buffer<E> wide_a, wide_b, narrow_a, narrow_b;
  kernels::Buffer<E> means, sums;  // planes: [Q,D] in pairs, [D,Q]
  // Of one example.
  kernels::Buffer<E> dr;                // [T,D]
  kernels::Buffer<E> dr_pairs;          // mixer: [T_even,D]
  kernels::Buffer<E> inner;             // [T,I] or mixer: pair layout of [2M,D]
  kernels::Buffer<E> d_inner;           // [T,2I] or [T,3D]
  kernels::Buffer<float> c0, c1;        // tiles
  kernels::Buffer<float> scores;        // [T,T_even]
  kernels::Buffer<E> p, p_t, ds, ds_t;  // [T,T_even]
  kernels::Buffer<E> head_a, head_b;    // [T_even,W]
  GroupBackwardScratch<E> groups;
};

// One example on its way back through a block.
template <typename E>
struct ExampleBackward {
  const BlockStash<E>* stash;
  float* g;  // [T,D], dL/d(output), replaced by dL/d(input)
};

template <typename E>
class BlockBackward {
 public:
  BlockBackward(const Dims& dims, const kernels::RotaryTable& rotary);

  // examples: at most ws.examples. Adds to the weight gradients. Threads may run this on disjoint arguments.
  void run(const PackedBlock<E>& weights, std::span<const ExampleBackward<E>> examples, BackwardWorkspace<E>& ws,
           const BlockGradient& gradient) const;

 private:
  // i: the place of the example's operands in the workspace.
  void channel_mlp(const PackedBlock<E>& weights, const ExampleBackward<E>& example, size_t i,
                   BackwardWorkspace<E>& ws) const;
  void attention(const PackedBlock<E>& weights, const ExampleBackward<E>& example, size_t i,
                 BackwardWorkspace<E>& ws) const;
  void attention_head(const PackedBlock<E>& weights, const BlockStash<E>& stash, size_t head,
                      BackwardWorkspace<E>& ws) const;
  void token_mixer(const PackedBlock<E>& weights, const ExampleBackward<E>& example, size_t i,
                   BackwardWorkspace<E>& ws) const;

  void local(const PackedBlock<E>& weights, const ExampleBackward<E>& example, BackwardWorkspace<E>& ws,
             float* d_taps) const;
  void planes(const PackedBlock<E>& weights, const ExampleBackward<E>& example, size_t i,
              BackwardWorkspace<E>& ws) const;

  const Dims d_;
  const kernels::RotaryTable& rotary_;
  size_t wide_a_, wide_b_, narrow_;  // strides between examples in the workspace
  // named by what they compute
  BlockedGemm<E> d_inner_, mlp_dx_, d_gate_up_, d_down_;
  BlockedGemm<E> mixer_dx_, d_mixer_in_, d_mixer_out_;  // of whichever way tokens mix
  BlockedGemm<E> d_heads_;
  kernels::Gemm<E> scores_, over_queries_;
  kernels::Gemm<E> mixer_d_inner_, mixer_d_inner_tail_;
  GroupBackward<E> groups_;
  std::array<BlockedGemm<E>, kGroupKinds> d_groups_;
};

}  // namespace hrm::engine
