// Softmax of the rows of attention scores.
//
//   p = exp(scale s - max) / sum,   dL/ds = scale p (g - sum_j g_j p_j),  g = dL/dp
//
// E is float or bf16, named by the caller. size.width = n scores a row; the columns n .. padded of the output are set
// to zero, so that it can be an operand whose k is a multiple of the pair. A row's result depends only on that row.
// REQUIRES: size.width > 0; padded >= n; the output's ld >= padded; scale >= 0. A score of -inf gets about 1e-38.
#pragma once

#include "kernels/bf16.h"
#include "kernels/panel.h"

namespace hrm::kernels {

template <typename E>
void softmax_rows(Size size, Panel<const float> s, float scale, Panel<E> p, size_t padded);

// p: as softmax_rows rounded it.
template <typename E>
void softmax_backward_rows(Size size, Panel<const E> p, Panel<const float> dp, float scale, Panel<E> ds, size_t padded);

namespace scalar {
template <typename E>
void softmax_rows(Size size, Panel<const float> s, float scale, Panel<E> p, size_t padded);
template <typename E>
void softmax_backward_rows(Size size, Panel<const E> p, Panel<const float> dp, float scale, Panel<E> ds, size_t padded);
}  // namespace scalar

}  // namespace hrm::kernels
