// The matrices of a block for int8 inference: every output feature as signed bytes with its own scale,
//
//   w = scale q,  scale = max |w| / 127 over the feature's inputs        (symmetric, per output feature)
//
// and 128 times the sum of its bytes, which takes the activations' zero point off (kernels/gemm_int8.h). Quantized once
// per load, from the float32 weights. Letters as in engine/dims.h.
#pragma once

#include <vector>

#include "engine/parameter_layout.h"
#include "kernels/buffer.h"
#include "kernels/quantize.h"

namespace hrm::engine {

struct Int8Matrix {
  kernels::Buffer<int8_t> values;
  kernels::Buffer<float> scale;         // [out]
  kernels::Buffer<int32_t> correction;  // [out]
};

// Where the features [begin, begin + width) of a matrix lie: in fours (kernels/quantize.h) with leading dimension ld.
struct Int8Piece {
  size_t begin, width, ld, offset;
};
// The pieces of a matrix [out,in]: of at most 64 features, none across a multiple of `group`.
std::vector<Int8Piece> int8_pieces(size_t out, size_t in, size_t group);

struct Int8Block {
  // attention: qkv_proj [3D,D] in pieces within W, o_proj [D,D] in pieces
  // mixer: gate_up_proj [2M,T], down_proj [T,M], row-major with rows padded by zeros to whole groups of four
  Int8Matrix mixer_in, mixer_out;
  Int8Matrix gate_up, down;  // mlp: [2I,D], [D,I] in pieces
};

struct Int8Nets {
  std::vector<Int8Block> H, L;  // H is empty for a shared net: L serves as both
  const std::vector<Int8Block>& high() const { return H.empty() ? L : H; }
};

// Throws bad_input if a feature has more inputs than an int32 sum holds.
Int8Nets pack_int8(const FlatWeights& weights, size_t threads);

}  // namespace hrm::engine
