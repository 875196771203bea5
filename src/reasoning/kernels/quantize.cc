#include "kernels/quantize.h"

#include <algorithm>
#include <cmath>

#include "kernels/stages.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {

template <typename X>
void quantize_rows(Size size, Panel<const X> x, Panel<uint8_t> q, float* scales) {
  const StageTimer timer(Stage::kPacking);
  operand_table<X>().quantize_rows(size, x, q, scales);
}

template <typename X>
void quantize_columns(Size size, Panel<const X> x, Panel<uint8_t> q, float* scales) {
  const StageTimer timer(Stage::kPacking);
  operand_table<X>().quantize_columns(size, x, q, scales);
}

template void quantize_rows<float>(Size, Panel<const float>, Panel<uint8_t>, float*);
template void quantize_rows<bf16>(Size, Panel<const bf16>, Panel<uint8_t>, float*);
template void quantize_columns<float>(Size, Panel<const float>, Panel<uint8_t>, float*);
template void quantize_columns<bf16>(Size, Panel<const bf16>, Panel<uint8_t>, float*);

namespace scalar {
namespace {

// value(i), i < n: the numbers that share a scale; store(i, byte).
template <typename Value, typename Store>
float quantize(size_t n, Value value, Store store) {
  float largest = 0;
  for (size_t i = 0; i < n; ++i) {
    const float size = std::abs(value(i));
    if (!(size <= largest)) largest = size;
    if (std::isnan(largest)) break;
  }
  const float factor = largest > 0 ? 127 / largest : 0;
  for (size_t i = 0; i < n; ++i) {
    const float steps = value(i) * factor;
    store(i, std::isfinite(steps) ? static_cast<uint8_t>(std::nearbyint(steps) + kZeroPoint) : kZeroPoint);
  }
  return largest / 127;
}

}  // namespace

template <typename X>
void quantize_rows(Size size, Panel<const X> x, Panel<uint8_t> q, float* scales) {
  for (size_t r = 0; r < size.rows; ++r)
    scales[r] = quantize(
        size.width, [&](size_t c) { return to_float(x.data[r * x.ld + c]); },
        [&](size_t c, uint8_t byte) { q.data[r * q.ld + c] = byte; });
}

template <typename X>
void quantize_columns(Size size, Panel<const X> x, Panel<uint8_t> q, float* scales) {
  const auto place = [&](size_t r, size_t c) { return (r / kGroup * q.ld + c) * kGroup + r % kGroup; };
  for (size_t c = 0; c < size.width; ++c) {
    scales[c] = quantize(
        size.rows, [&](size_t r) { return to_float(x.data[r * x.ld + c]); },
        [&](size_t r, uint8_t byte) { q.data[place(r, c)] = byte; });
    for (size_t r = size.rows; r < whole_groups(size.rows); ++r) q.data[place(r, c)] = 0;
  }
}

template void quantize_rows<float>(Size, Panel<const float>, Panel<uint8_t>, float*);
template void quantize_rows<bf16>(Size, Panel<const bf16>, Panel<uint8_t>, float*);
template void quantize_columns<float>(Size, Panel<const float>, Panel<uint8_t>, float*);
template void quantize_columns<bf16>(Size, Panel<const bf16>, Panel<uint8_t>, float*);

}  // namespace scalar
}  // namespace hrm::kernels
