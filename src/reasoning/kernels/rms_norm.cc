#include "kernels/rms_norm.h"

#include <cmath>

#include "kernels/instantiate.h"
#include "kernels/stages.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {

template <typename E>
void rms_norm_rows(Size size, Panel<float> x, float epsilon, NormOutput<E> out) {
  const StageTimer timer(Stage::kNorms);
  operand_table<E>().rms_norm_rows(size, x, epsilon, out);
}

template <typename E>
void rms_norm_rows_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g) {
  const StageTimer timer(Stage::kNorms);
  operand_table<E>().rms_norm_rows_backward(size, y, scales, g);
}

template <typename E>
void rms_norm_columns(Size size, Panel<float> x, float epsilon, NormOutput<E> out) {
  const StageTimer timer(Stage::kNorms);
  operand_table<E>().rms_norm_columns(size, x, epsilon, out);
}

template <typename E>
void rms_norm_columns_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g) {
  const StageTimer timer(Stage::kNorms);
  operand_table<E>().rms_norm_columns_backward(size, y, scales, g);
}

namespace scalar {
namespace {

// n elements `step` apart: a row (step 1) or a column (step ld).
template <typename T>
struct Strided {
  T* data = nullptr;
  size_t step = 1;
  T& operator[](size_t i) const { return data[i * step]; }
};

template <typename E>
float normalize(size_t n, Strided<float> x, float epsilon, Strided<E> y) {
  double squares = 0;
  for (size_t i = 0; i < n; ++i) squares += double{x[i]} * x[i];
  const double scale = 1 / std::sqrt(squares / static_cast<double>(n) + epsilon);
  for (size_t i = 0; i < n; ++i) {
    x[i] = static_cast<float>(x[i] * scale);
    if (y.data) y[i] = to_operand<E>(x[i]);
  }
  return static_cast<float>(scale);
}

template <typename E>
void normalize_backward(size_t n, Strided<const E> y, float scale, Strided<float> g) {
  double mean = 0;
  for (size_t i = 0; i < n; ++i) mean += double{g[i]} * to_float(y[i]);
  mean /= static_cast<double>(n);
  for (size_t i = 0; i < n; ++i) g[i] = static_cast<float>(scale * (g[i] - to_float(y[i]) * mean));
}

}  // namespace

template <typename E>
void rms_norm_rows(Size size, Panel<float> x, float epsilon, NormOutput<E> out) {
  for (size_t r = 0; r < size.rows; ++r) {
    const Strided<E> y{out.y.data ? out.y.data + r * out.y.ld : nullptr};
    const float scale = normalize<E>(size.width, {x.data + r * x.ld}, epsilon, y);
    if (out.scales) out.scales[r] = scale;
  }
}

template <typename E>
void rms_norm_rows_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g) {
  for (size_t r = 0; r < size.rows; ++r)
    normalize_backward<E>(size.width, {y.data + r * y.ld}, scales[r], {g.data + r * g.ld});
}

template <typename E>
void rms_norm_columns(Size size, Panel<float> x, float epsilon, NormOutput<E> out) {
  for (size_t c = 0; c < size.width; ++c) {
    const Strided<E> y{out.y.data ? out.y.data + c : nullptr, out.y.ld};
    const float scale = normalize<E>(size.rows, {x.data + c, x.ld}, epsilon, y);
    if (out.scales) out.scales[c] = scale;
  }
}

template <typename E>
void rms_norm_columns_backward(Size size, Panel<const E> y, const float* scales, Panel<float> g) {
  for (size_t c = 0; c < size.width; ++c)
    normalize_backward<E>(size.rows, {y.data + c, y.ld}, scales[c], {g.data + c, g.ld});
}

}  // namespace scalar

#define HRM_KERNELS(E)                                                                       \
  template void rms_norm_rows<E>(Size, Panel<float>, float, NormOutput<E>);                  \
  template void rms_norm_rows_backward<E>(Size, Panel<const E>, const float*, Panel<float>); \
  template void rms_norm_columns<E>(Size, Panel<float>, float, NormOutput<E>);               \
  template void rms_norm_columns_backward<E>(Size, Panel<const E>, const float*, Panel<float>);
HRM_INSTANTIATE(HRM_KERNELS)
#undef HRM_KERNELS

}  // namespace hrm::kernels
