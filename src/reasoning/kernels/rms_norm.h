// Root-mean-square normalization without gain (arXiv 1910.07467, eq. 4), over rows or over columns of a panel.
//
//   y = s x,  s = 1 / sqrt(mean(x^2) + epsilon)              the mean over the n elements of one row (or column)
//   dL/dx = s (g - y mean(g y)),  g = dL/dy
//
// Float32 throughout, as the authors have it whatever the operand type. E is float or bf16, named by the caller:
// rms_norm_rows<bf16>(...). A row's result does not depend on the rows around it, a column's not on the columns.
// REQUIRES: rows, width > 0; the panels do not overlap. Any number of threads may call this on disjoint panels.
#pragma once

#include "kernels/bf16.h"
#include "kernels/panel.h"

namespace hrm::kernels {

// What the norm leaves besides y in float; each may be null.
template <typename E>
struct NormOutput {
  Panel<E> y;               // rounded to E
  float* scales = nullptr;  // s per row (or column)
};

// x is replaced by y in float.
template <typename E>
void rms_norm_rows(Size size, Panel<float> x, float epsilon, NormOutput<E> out);

// y, scales: as rms_norm_rows left them. g: dL/dy, replaced by dL/dx.
template <typename E>
void rms_norm_rows_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g);

// The same over columns (tokens in rows, one channel a column).
template <typename E>
void rms_norm_columns(Size size, Panel<float> x, float epsilon, NormOutput<E> out);
template <typename E>
void rms_norm_columns_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g);

namespace scalar {
template <typename E>
void rms_norm_rows(Size size, Panel<float> x, float epsilon, NormOutput<E> out);
template <typename E>
void rms_norm_rows_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g);
template <typename E>
void rms_norm_columns(Size size, Panel<float> x, float epsilon, NormOutput<E> out);
template <typename E>
void rms_norm_columns_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g);
}  // namespace scalar

}  // namespace hrm::kernels
