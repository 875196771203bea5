#include "kernels/convert.h"

#include "kernels/vector_table.h"

namespace hrm::kernels {

void convert(const float* x, float* y, size_t n) { vector_table().float_to_float.convert(x, y, n); }
void convert(const float* x, bf16* y, size_t n) { vector_table().float_to_bf16.convert(x, y, n); }
void convert(const bf16* x, float* y, size_t n) { vector_table().widen(x, y, n); }
void add(const float* a, const float* b, float* out, size_t n) { vector_table().add(a, b, out, n); }
void axpby(Factors by, const float* x, float* y, size_t n) { vector_table().axpby(by, x, y, n); }
double sum_of_squares(const float* x, size_t n) { return vector_table().sum_of_squares(x, n); }

namespace scalar {

void convert(const float* x, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = x[i];
}

void convert(const float* x, bf16* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = to_bf16(x[i]);
}

void convert(const bf16* x, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = to_float(x[i]);
}

void add(const float* a, const float* b, float* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = a[i] + b[i];
}

void axpby(Factors by, const float* x, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = static_cast<float>(double{by.a} * x[i] + double{by.b} * y[i]);
}

double sum_of_squares(const float* x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += double{x[i]} * x[i];
  return sum;
}

}  // namespace scalar
}  // namespace hrm::kernels
