// The block of engine/block_forward.h for inference with int8 products: weights per output feature, activations afresh
// for every product, per token (token mixer: per channel), so that an example's result depends neither on the batch
// around it nor on how many threads share the work. Attention's scores and mixture take operands of type E, and so is
// SwiGLU's output kept; the residual stream is float32. No backward pass.
#pragma once

#include <vector>

#include "engine/block_forward.h"
#include "engine/int8_weights.h"
#include "engine/worker.h"

namespace hrm::engine {

template <typename E>
class BlockForwardInt8 {
 public:
  // For teams of exactly team_size members.
  BlockForwardInt8(const BlockShape& shape, size_t team_size);

  // Runs the worker's part; all members call it with the same arguments. ws.x holds the input and is replaced by the
  // output; ws.xe is not used. REQUIRES: ws made for int8.
  void run(const Int8Block& weights, const Worker<E>& worker) const;

 private:
  struct Rows {
    size_t begin = 0, end = 0;
    Attention<E> attention;
    size_t size() const { return end - begin; }
  };
  // A member's rows of activations as bytes, with their scales.
  struct Quantized {
    size_t rows, width;
    kernels::Panel<const uint8_t> bytes;
    const float* scales;
  };
  template <typename X>
  Quantized quantize(const Rows& rows, const kernels::Buffer<X>& x, size_t width, Workspace<E>& ws) const;
  void add_product(const Quantized& x, const Int8Matrix& weights, const std::vector<Int8Piece>& pieces,
                   float* residual) const;
  void attention(const Int8Block& weights, const Worker<E>& worker) const;
  void mix_channels(const Int8Block& weights, size_t begin, size_t width, const Worker<E>& worker) const;
  void token_mixer(const Int8Block& weights, const Worker<E>& worker) const;
  void channel_mlp(const Int8Block& weights, const Worker<E>& worker) const;

  const Dims d_;
  const float epsilon_;
  std::vector<Rows> rows_;  // per member
  std::vector<Int8Piece> qkv_, out_, gate_up_, down_;
};

}  // namespace hrm::engine
