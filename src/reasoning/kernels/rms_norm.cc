#include "kernels/rms_norm.h"

#include <cmath>

#include "kernels/stages.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {

template <typename E>
void rms_norm_rows(Size size, Panel<float> x, float epsilon, Panel<E> y, float* scales) {
  const StageTimer timer(Stage::kNorms);
  operand_table<E>().rms_norm_rows(size, x, epsilon, y, scales);
}

template <typename E>
void rms_norm_rows_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g) {
  const StageTimer timer(Stage::kNorms);
  operand_table<E>().rms_norm_rows_backward(size, y, scales, g);
}

template <typename E>
void rms_norm_columns(Size size, Panel<float> x, float epsilon, Panel<E> y, float* scales) {
  const StageTimer timer(Stage::kNorms);
  operand_table<E>().rms_norm_columns(size, x, epsilon, y, scales);
}

template <typename E>
void rms_norm_columns_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g) {
  const StageTimer timer(Stage::kNorms);
  operand_table<E>().rms_norm_columns_backward(size, y, scales, g);
}

namespace scalar {
namespace {

// n elements `step` apart: a row (step 1) or a column (step ld).
template <typename E>
float normalize(size_t n, float* x, size_t step, float epsilon, E* y, size_t y_step) {
  double squares = 0;
  for (size_t i = 0; i < n; ++i) squares += double{x[i * step]} * x[i * step];
  const double scale = 1 / std::sqrt(squares / static_cast<double>(n) + epsilon);
  for (size_t i = 0; i < n; ++i) {
    x[i * step] = static_cast<float>(x[i * step] * scale);
    if (y) y[i * y_step] = to_operand<E>(x[i * step]);
  }
  return static_cast<float>(scale);
}

template <typename E>
void normalize_backward(size_t n, const E* y, size_t y_step, float scale, float* g, size_t step) {
  double mean = 0;
  for (size_t i = 0; i < n; ++i) mean += double{g[i * step]} * to_float(y[i * y_step]);
  mean /= static_cast<double>(n);
  for (size_t i = 0; i < n; ++i)
    g[i * step] = static_cast<float>(scale * (g[i * step] - to_float(y[i * y_step]) * mean));
}

}  // namespace

template <typename E>
void rms_norm_rows(Size size, Panel<float> x, float epsilon, Panel<E> y, float* scales) {
  for (size_t r = 0; r < size.rows; ++r) {
    E* row = y.data ? y.data + r * y.ld : nullptr;
    const float scale = normalize(size.width, x.data + r * x.ld, 1, epsilon, row, 1);
    if (scales) scales[r] = scale;
  }
}

template <typename E>
void rms_norm_rows_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g) {
  for (size_t r = 0; r < size.rows; ++r)
    normalize_backward(size.width, y.data + r * y.ld, 1, scales[r], g.data + r * g.ld, 1);
}

template <typename E>
void rms_norm_columns(Size size, Panel<float> x, float epsilon, Panel<E> y, float* scales) {
  for (size_t c = 0; c < size.width; ++c) {
    const float scale = normalize(size.rows, x.data + c, x.ld, epsilon, y.data ? y.data + c : nullptr, y.ld);
    if (scales) scales[c] = scale;
  }
}

template <typename E>
void rms_norm_columns_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g) {
  for (size_t c = 0; c < size.width; ++c) normalize_backward(size.rows, y.data + c, y.ld, scales[c], g.data + c, g.ld);
}

}  // namespace scalar

#define HRM_INSTANTIATE(E)                                                                   \
  template void rms_norm_rows<E>(Size, Panel<float>, float, Panel<E>, float*);               \
  template void rms_norm_rows_backward<E>(Size, Panel<const E>, const float*, Panel<float>); \
  template void rms_norm_columns<E>(Size, Panel<float>, float, Panel<E>, float*);            \
  template void rms_norm_columns_backward<E>(Size, Panel<const E>, const float*, Panel<float>);
HRM_INSTANTIATE(float)
HRM_INSTANTIATE(bf16)
namespace scalar {
HRM_INSTANTIATE(float)
HRM_INSTANTIATE(bf16)
}  // namespace scalar
#undef HRM_INSTANTIATE

}  // namespace hrm::kernels
