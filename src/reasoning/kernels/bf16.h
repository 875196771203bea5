// bfloat16, the upper half of a float, and the layout in which matrix products take it.
//
// An operand type E is float or bf16. Instructions for bf16 multiply pairs of neighboring k, so matrices that vary
// along k by row are stored in *pair layout*: with P = kPair<E>, element (k, m) of M [k][m], leading dimension ld, lies
// at
//   k / P * ld * P + m * P + k % P
// which for float is plain row-major. An odd number of k is filled up with a row of zeros.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace hrm::kernels {

struct bf16 {
  uint16_t bits = 0;
};

template <typename E>
inline constexpr size_t kPair = sizeof(float) / sizeof(E);

inline float to_float(float x) { return x; }
inline float to_float(bf16 x) { return std::bit_cast<float>(uint32_t{x.bits} << 16); }

// To the nearest, ties to even; infinities and NaN stay what they are. (The vector kernels of machines with bf16
// instructions round numbers below 1.2e-38, the denormal ones, to zero.)
inline bf16 to_bf16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>(bits >> 16 | 0x40)};
  return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

template <typename E>
E to_operand(float x) {
  if constexpr (kPair<E> == 2)
    return to_bf16(x);
  else
    return x;
}

}  // namespace hrm::kernels
