// The matrices of a block in the form that the products need: cut into blocks of output features, in pair layout, in
// the type of the operands. Packed once per optimizer step (training) or once per load (inference).
//
// Letters as in engine/dims.h. "blocks of f" means BlockedGemm's packed form with f features per block.
#pragma once

#include <vector>

#include "engine/parameter_layout.h"
#include "kernels/buffer.h"

namespace hrm::engine {

template <typename E>
struct PackedBlock {
  // attention: qkv_proj [3D,D] in blocks of W, o_proj [D,D] in blocks of 64
  // mixer: gate_up_proj [2M,T_even], down_proj [T,M], row-major (they are the right-hand operand)
  // planes: gate_up_proj [2D,D] in blocks of at most D, out_proj as four matrices [D,D] in blocks of 64
  kernels::Buffer<E> mixer_in, mixer_out;
  kernels::Buffer<E> gate_up, down;  // mlp: [2I,D], [D,I] in blocks of 64
  kernels::Buffer<float> local;      // local: the taps, [9,D]; mixer_in and mixer_out are empty

  // For the gradient with respect to the inputs: the transposed matrices. Empty without PackOptions::backward.
  // attention: qkv^T [D,3D] in blocks of 64, o^T [D,D] in blocks of W; mixer: gate_up^T [T,2M], down^T [M,T_even]
  // planes: gate_up^T [D,2D] in blocks of 64, out^T as four [D,D] in blocks of 64
  kernels::Buffer<E> mixer_in_back, mixer_out_back;
  kernels::Buffer<E> gate_up_back, down_back;  // [D,2I], [I,D] in blocks of 64
};

template <typename E>
struct PackedNets {
  std::vector<PackedBlock<E>> H, L;  // H is empty for a shared net: L serves as both
  const std::vector<PackedBlock<E>>& high() const { return H.empty() ? L : H; }
};

struct PackOptions {
  bool backward = false;
  size_t threads = 1;
};

// Reuses the memory of `nets` where its shape is right.
template <typename E>
void pack(const FlatWeights& weights, const PackOptions& options, PackedNets<E>& nets);

}  // namespace hrm::engine
