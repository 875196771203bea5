// The recurrent state of a batch on the engine, and the places of its examples: slot b has K chains, whose rows are
// b * K ... b * K + K - 1. Letters as in engine/dims.h.
#pragma once

#include <algorithm>
#include <optional>

#include "base/rng.h"
#include "engine/dims.h"
#include "engine/segment.h"
#include "kernels/buffer.h"
#include "model/backend.h"

namespace hrm::engine {

// z_H and z_L of B slots with K chains each: [B,K,T,D] float32.
struct EngineCarry : model::Carry {
  EngineCarry(size_t rows, size_t state) : size(state), z_H(rows * state), z_L(rows * state) {}
  ExampleState row(size_t r) { return {z_H.data() + r * size, z_L.data() + r * size}; }
  void copy_row(size_t to, const EngineCarry& from, size_t r) {
    std::copy_n(from.z_H.data() + r * size, size, z_H.data() + to * size);
    std::copy_n(from.z_L.data() + r * size, size, z_L.data() + to * size);
  }
  size_t rows() const { return z_H.size() / size; }

  size_t size;  // T * D
  kernels::Buffer<float> z_H, z_L;
};

inline ExampleInput example_input(const model::Batch& batch, const Dims& dims, size_t b) {
  return {.tokens = batch.inputs.subspan(b * dims.S, dims.S), .puzzle = batch.puzzle_identifiers[b], .seed = {}};
}

// Of the chain's noise in this segment; absent where the batch has no seeds.
inline std::optional<uint64_t> chain_seed(const model::Batch& batch, size_t b, size_t chain) {
  if (batch.noise_seeds.empty()) return std::nullopt;
  const uint64_t seed = batch.noise_seeds[b];
  return chain == 0 ? seed : derive_seed(seed, {static_cast<uint64_t>(chain)});
}

}  // namespace hrm::engine
