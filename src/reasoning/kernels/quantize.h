// Activations as unsigned bytes for int8 products (kernels/gemm_int8.h): per row, or per column, of a panel
//
//   q = round(x / scale) + 128,  scale = max |x| / 127        so that x is about scale (q - 128)
//
// Ties go to even. All zeros have scale 0. Infinities and NaN make the scale infinite or NaN, and with it every
// product. A row's result does not depend on the rows around it, a column's not on the columns. X is float or bf16. No
// alignment is required; any number of threads may call this on disjoint outputs.
#pragma once

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/panel.h"

namespace hrm::kernels {

inline constexpr uint8_t kZeroPoint = 128;
inline constexpr size_t kGroup = 4;  // bytes that one instruction multiplies and sums

constexpr size_t whole_groups(size_t k) { return (k + kGroup - 1) / kGroup * kGroup; }

// scales: [rows]. q.ld >= width; bytes from width on are left alone.
template <typename X>
void quantize_rows(Size size, Panel<const X> x, Panel<uint8_t> q, float* scales);

// scales: [width]. q in fours with k = row: element (r, c) at (r / 4 * q.ld + c) * 4 + r % 4, q.ld >= width; the
// missing partners of the last row are 0.
template <typename X>
void quantize_columns(Size size, Panel<const X> x, Panel<uint8_t> q, float* scales);

namespace scalar {
template <typename X>
void quantize_rows(Size size, Panel<const X> x, Panel<uint8_t> q, float* scales);
template <typename X>
void quantize_columns(Size size, Panel<const X> x, Panel<uint8_t> q, float* scales);
}  // namespace scalar

}  // namespace hrm::kernels
