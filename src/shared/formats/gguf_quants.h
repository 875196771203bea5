// The element types of GGUF files and their expansion to float32. docs/formats/gguf.md
//
// Quantized rows are cut into blocks of 32 or 256 elements, each with its own scale d (and minimum m), stored as
// float16:
//   Q4_0, Q5_0, Q8_0   x = d q                     q signed, 32 to a block
//   Q4_1, Q5_1         x = d q + m                 q unsigned, 32 to a block
//   Q4_K, Q5_K         x = (d s_j) q - (dmin m_j)  256 to a block; j: eight runs of 32 with 6-bit s and m
//   Q6_K               x = (d s_j) q               256 to a block; j: sixteen runs of 16 with 8-bit s
// Products and sums are rounded one after another, as ggml's own reference code rounds them: the results are equal bit
// for bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hrm {

struct GgufType {
  uint32_t id;            // in files
  std::string_view name;  // "Q4_K"
  uint32_t block;         // elements in a block
  uint32_t bytes;         // of a block
  // Expands whole blocks. REQUIRES: to.size() % block == 0, from.size() == to.size() / block * bytes. nullptr: this
  // type is known only by its size.
  void (*expand)(std::span<const std::byte> from, std::span<float> to);
};

// nullptr if the format has no such type.
const GgufType* find_gguf_type(uint32_t id);

}  // namespace hrm
