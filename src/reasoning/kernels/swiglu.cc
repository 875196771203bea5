#include "kernels/swiglu.h"

#include <algorithm>
#include <cmath>

#include "kernels/instantiate.h"
#include "kernels/stages.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {

template <typename E>
void swiglu(Size size, Panel<const float> gate, Panel<const float> up, Panel<E> h) {
  const StageTimer timer(Stage::kSwiglu);
  operand_table<E>().swiglu(size, gate, up, h);
}

template <typename E>
void swiglu_interleaved(Size size, Panel<const float> gate, Panel<const float> up, Panel<E> h) {
  const StageTimer timer(Stage::kSwiglu);
  operand_table<E>().swiglu_interleaved(size, gate, up, h);
}

template <typename E>
void swiglu_keep(Size size, Panel<const float> gate, Panel<const float> up, const SwigluKept<E>& kept) {
  const StageTimer timer(Stage::kSwiglu);
  operand_table<E>().swiglu_keep(size, gate, up, kept);
}

template <typename E>
void swiglu_backward(Size size, SwigluInput<E> in, Panel<const float> dh, const SwigluGradient<E>& out) {
  const StageTimer timer(Stage::kSwiglu);
  operand_table<E>().swiglu_backward(size, in, dh, out);
}

namespace scalar {
namespace {

template <typename T>
T& at(Panel<T> panel, size_t r, size_t c) {
  return panel.data[r * panel.ld + c];
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

float exp(float x) { return std::isnan(x) ? x : static_cast<float>(std::exp(double{std::clamp(x, -87.f, 88.f)})); }

float silu(float x) { return static_cast<float>(x * sigmoid(x)); }

template <typename E>
void swiglu(Size size, Panel<const float> gate, Panel<const float> up, Panel<E> h) {
  for (size_t r = 0; r < size.rows; ++r)
    for (size_t c = 0; c < size.width; ++c) {
      const double x = at(gate, r, c);
      at(h, r, c) = to_operand<E>(static_cast<float>(x * sigmoid(x) * at(up, r, c)));
    }
}

template <typename E>
void swiglu_interleaved(Size size, Panel<const float> gate, Panel<const float> up, Panel<E> h) {
  constexpr size_t P = kPair<E>;
  const size_t padded = (size.rows + P - 1) / P * P;
  for (size_t r = 0; r < padded; ++r)
    for (size_t c = 0; c < size.width; ++c) {
      const double x = r < size.rows ? at(gate, r, c) : 0;
      const double u = r < size.rows ? at(up, r, c) : 0;
      h.data[r / P * h.ld * P + c * P + r % P] = to_operand<E>(static_cast<float>(x * sigmoid(x) * u));
    }
}

template <typename E>
void swiglu_keep(Size size, Panel<const float> gate, Panel<const float> up, const SwigluKept<E>& kept) {
  for (size_t r = 0; r < size.rows; ++r)
    for (size_t c = 0; c < size.width; ++c) {
      at(kept.gate, r, c) = to_operand<E>(at(gate, r, c));
      at(kept.up, r, c) = to_operand<E>(at(up, r, c));
    }
  scalar::swiglu(size, gate, up, kept.h);
}

template <typename E>
void swiglu_backward(Size size, SwigluInput<E> in, Panel<const float> dh, const SwigluGradient<E>& out) {
  for (size_t r = 0; r < size.rows; ++r)
    for (size_t c = 0; c < size.width; ++c) {
      const double x = to_float(at(in.gate, r, c)), u = to_float(at(in.up, r, c)), g = at(dh, r, c);
      const double sigma = sigmoid(x);
      if (out.h.data) at(out.h, r, c) = to_operand<E>(static_cast<float>(x * sigma * u));
      at(out.dgate, r, c) = to_operand<E>(static_cast<float>(g * u * (sigma + x * sigma * (1 - sigma))));
      at(out.dup, r, c) = to_operand<E>(static_cast<float>(g * x * sigma));
    }
}

}  // namespace scalar

#define HRM_KERNELS(E)                                                                              \
  template void swiglu<E>(Size, Panel<const float>, Panel<const float>, Panel<E>);                  \
  template void swiglu_interleaved<E>(Size, Panel<const float>, Panel<const float>, Panel<E>);      \
  template void swiglu_keep<E>(Size, Panel<const float>, Panel<const float>, const SwigluKept<E>&); \
  template void swiglu_backward<E>(Size, SwigluInput<E>, Panel<const float>, const SwigluGradient<E>&);
HRM_INSTANTIATE(HRM_KERNELS)
#undef HRM_KERNELS

}  // namespace hrm::kernels
