// The gated hidden layer of the feed-forward part (arXiv 2002.05202).
//
//   h = silu(gate) up,  silu(x) = x sigma(x),  sigma(x) = 1 / (1 + exp(-x))
//   dL/dup = g silu(gate),  dL/dgate = g up sigma(gate) (1 + gate (1 - sigma(gate))),  g = dL/dh
//
// E is float or bf16, named by the caller where the compiler cannot tell: swiglu<bf16>(...). Panels of one call are
// all [rows][width] and do not overlap, except that a float output may be the float input at the same place. An
// element's result depends only on that element. Any number of threads may call this on disjoint outputs.
#pragma once

#include "kernels/bf16.h"
#include "kernels/panel.h"

namespace hrm::kernels {

template <typename E>
void swiglu(Size size, Panel<const float> gate, Panel<const float> up, Panel<E> h);

template <typename E>
void swiglu(const float* gate, const float* up, E* h, size_t n) {
  swiglu<E>(Size{1, n}, {gate, n}, {up, n}, {h, n});
}

// h is written in pair layout, the row being k: for products that sum over the rows (the token mixer). h.ld counts
// columns; the missing partner of an odd last row is zero.
template <typename E>
void swiglu_interleaved(Size size, Panel<const float> gate, Panel<const float> up, Panel<E> h);

// What the backward pass needs, beside h.
template <typename E>
struct SwigluKept {
  Panel<E> h, gate, up;
};
template <typename E>
void swiglu_keep(Size size, Panel<const float> gate, Panel<const float> up, const SwigluKept<E>& kept);

// in: as swiglu_keep rounded them. dh: dL/dh. out.h: h once more, from the rounded values, or null.
template <typename E>
struct SwigluInput {
  Panel<const E> gate, up;
};
template <typename E>
struct SwigluGradient {
  Panel<E> h, dgate, dup;
};
template <typename E>
void swiglu_backward(Size size, SwigluInput<E> in, Panel<const float> dh, const SwigluGradient<E>& out);

namespace scalar {
float exp(float x);  // exp(x) for x in [-87, 88], the value at the nearest of them outside; NaN for NaN
float silu(float x);
template <typename E>
void swiglu(Size size, Panel<const float> gate, Panel<const float> up, Panel<E> h);
template <typename E>
void swiglu_interleaved(Size size, Panel<const float> gate, Panel<const float> up, Panel<E> h);
template <typename E>
void swiglu_keep(Size size, Panel<const float> gate, Panel<const float> up, const SwigluKept<E>& kept);
template <typename E>
void swiglu_backward(Size size, SwigluInput<E> in, Panel<const float> dh, const SwigluGradient<E>& out);
}  // namespace scalar

}  // namespace hrm::kernels
