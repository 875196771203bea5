// Softmax of the rows of attention scores.
//
//   p = exp(scale s - max) / sum,   dL/ds = scale p (g - sum_j g_j p_j),  g = dL/dp
//
// E is float or bf16, named by the caller. A row's result depends only on that row. A score of -inf gets about 1e-38.
#pragma once

#include "kernels/bf16.h"
#include "kernels/panel.h"

namespace hrm::kernels {

// REQUIRES: n > 0; padded >= n; the output's ld >= padded; scale >= 0.
struct SoftmaxShape {
  size_t rows = 0, n = 0;  // n scores a row
  size_t padded = 0;       // the columns n .. padded of the output are set to zero, so that it can be an operand whose
                           // k is a multiple of the pair
  float scale = 1;
};

template <typename E>
void softmax_rows(const SoftmaxShape& shape, Panel<const float> s, Panel<E> p);

// p: as softmax_rows rounded it.
template <typename E>
void softmax_backward_rows(const SoftmaxShape& shape, Panel<const E> p, Panel<const float> dp, Panel<E> ds);

namespace scalar {
template <typename E>
void softmax_rows(const SoftmaxShape& shape, Panel<const float> s, Panel<E> p);
template <typename E>
void softmax_backward_rows(const SoftmaxShape& shape, Panel<const E> p, Panel<const float> dp, Panel<E> ds);
}  // namespace scalar

}  // namespace hrm::kernels
