#include "kernels/pack.h"

#include "kernels/stages.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {

void interleave_rows(Size size, Panel<const float> x, Panel<float> out) {
  const StageTimer timer(Stage::kPacking);
  vector_table().float_to_float.interleave_rows(size, x, out);
}
void interleave_rows(Size size, Panel<const float> x, Panel<bf16> out) {
  const StageTimer timer(Stage::kPacking);
  vector_table().float_to_bf16.interleave_rows(size, x, out);
}
void interleave_rows(Size size, Panel<const bf16> x, Panel<bf16> out) {
  const StageTimer timer(Stage::kPacking);
  vector_table().bf16_to_bf16.interleave_rows(size, x, out);
}
void transpose(Size size, Panel<const float> x, Panel<float> out) {
  const StageTimer timer(Stage::kPacking);
  vector_table().float_to_float.transpose(size, x, out);
}
void transpose(Size size, Panel<const float> x, Panel<bf16> out) {
  const StageTimer timer(Stage::kPacking);
  vector_table().float_to_bf16.transpose(size, x, out);
}
void transpose(Size size, Panel<const bf16> x, Panel<bf16> out) {
  const StageTimer timer(Stage::kPacking);
  vector_table().bf16_to_bf16.transpose(size, x, out);
}
void transpose_pairs(Size size, Panel<const float> x, Panel<float> out) {
  const StageTimer timer(Stage::kPacking);
  vector_table().float_to_float.transpose_pairs(size, x, out);
}
void transpose_pairs(Size size, Panel<const float> x, Panel<bf16> out) {
  const StageTimer timer(Stage::kPacking);
  vector_table().float_to_bf16.transpose_pairs(size, x, out);
}
void transpose_pairs(Size size, Panel<const bf16> x, Panel<bf16> out) {
  const StageTimer timer(Stage::kPacking);
  vector_table().bf16_to_bf16.transpose_pairs(size, x, out);
}

namespace scalar {
namespace {

template <typename E, typename X>
E as_operand(X x) {
  if constexpr (std::is_same_v<X, E>)
    return x;
  else
    return to_operand<E>(x);
}

template <typename E>
size_t pair_place(size_t k, size_t m, size_t ld) {
  constexpr size_t P = kPair<E>;
  return k / P * ld * P + m * P + k % P;
}

template <typename X, typename E>
void interleave(Size size, Panel<const X> x, Panel<E> out) {
  const size_t padded = (size.rows + kPair<E> - 1) / kPair<E> * kPair<E>;
  for (size_t r = 0; r < padded; ++r)
    for (size_t c = 0; c < size.width; ++c)
      out.data[pair_place<E>(r, c, out.ld)] = r < size.rows ? as_operand<E>(x.data[r * x.ld + c]) : E{};
}

template <typename X, typename E>
void turn(Size size, Panel<const X> x, Panel<E> out) {
  for (size_t r = 0; r < size.rows; ++r)
    for (size_t c = 0; c < size.width; ++c) out.data[c * out.ld + r] = as_operand<E>(x.data[r * x.ld + c]);
}

template <typename X, typename E>
void turn_pairs(Size size, Panel<const X> x, Panel<E> out) {
  const size_t padded = (size.width + kPair<E> - 1) / kPair<E> * kPair<E>;
  for (size_t r = 0; r < size.rows; ++r)
    for (size_t c = 0; c < padded; ++c)
      out.data[pair_place<E>(c, r, out.ld)] = c < size.width ? as_operand<E>(x.data[r * x.ld + c]) : E{};
}

}  // namespace

void interleave_rows(Size size, Panel<const float> x, Panel<float> out) { interleave(size, x, out); }
void interleave_rows(Size size, Panel<const float> x, Panel<bf16> out) { interleave(size, x, out); }
void interleave_rows(Size size, Panel<const bf16> x, Panel<bf16> out) { interleave(size, x, out); }
void transpose(Size size, Panel<const float> x, Panel<float> out) { turn(size, x, out); }
void transpose(Size size, Panel<const float> x, Panel<bf16> out) { turn(size, x, out); }
void transpose(Size size, Panel<const bf16> x, Panel<bf16> out) { turn(size, x, out); }
void transpose_pairs(Size size, Panel<const float> x, Panel<float> out) { turn_pairs(size, x, out); }
void transpose_pairs(Size size, Panel<const float> x, Panel<bf16> out) { turn_pairs(size, x, out); }
void transpose_pairs(Size size, Panel<const bf16> x, Panel<bf16> out) { turn_pairs(size, x, out); }

}  // namespace scalar
}  // namespace hrm::kernels
