// Products of activations as unsigned bytes (kernels/quantize.h) with weights as signed ones, exact in int32, and
// scaled to float while they are in registers:
//
//   C [n x m] (+)= row_scale_i column_scale_j sum over k of rows_ik columns_kj,   128 being taken off the activations
//
// Either operand may be the activations; the weights' sums over k, times 128, are the `correction` that takes the zero
// point off. For the processor's instruction that sums four products of bytes (AVX512_VNNI).
//
// An element of C depends only on its row and its column: results are bitwise independent of n and m.
#pragma once

#include <cstdint>

#include "kernels/panel.h"
#include "kernels/quantize.h"

namespace hrm::kernels {

inline constexpr size_t kInt8Columns = 64;  // of one product at most

// Whether this machine multiplies bytes natively and HRM_ISA does not forbid it; elsewhere the scalar reference runs.
bool native_int8();

// R: uint8_t, activations, with C: int8_t, weights; or R: int8_t with C: uint8_t.
template <typename R, typename C>
struct Int8Product {
  size_t n = 0, m = 0, k = 0;  // m <= kInt8Columns; k: a multiple of kGroup, below 130,000 (int32 then suffices)
  Panel<const R> rows;         // [n][k]
  Panel<const C> columns;      // in fours: element (q, j) at (q / 4 * ld + j) * 4 + q % 4, ld >= m rounded up to 16
  const float *row_scale = nullptr, *column_scale = nullptr;  // [n], [m]
  const int32_t* correction = nullptr;                        // of every row or column of the weights: 128 x its sum
};

template <typename R, typename C>
void multiply_int8(const Int8Product<R, C>& product, Panel<float> c, bool accumulate);

namespace scalar {
template <typename R, typename C>
void multiply_int8(const Int8Product<R, C>& product, Panel<float> c, bool accumulate);
}  // namespace scalar

// The native ones, for machines that have them.
namespace vnni {
void multiply_int8(const Int8Product<uint8_t, int8_t>& product, Panel<float> c, bool accumulate);
void multiply_int8(const Int8Product<int8_t, uint8_t>& product, Panel<float> c, bool accumulate);
}  // namespace vnni

}  // namespace hrm::kernels
