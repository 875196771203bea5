#include "kernels/softmax.h"

#include <algorithm>
#include <cmath>

#include "kernels/stages.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {

template <typename E>
void softmax_rows(Size size, Panel<const float> s, float scale, Panel<E> p, size_t padded) {
  const StageTimer timer(Stage::kSoftmax);
  operand_table<E>().softmax_rows(size, s, scale, p, padded);
}

template <typename E>
void softmax_backward_rows(Size size, Panel<const E> p, Panel<const float> dp, float scale, Panel<E> ds,
                           size_t padded) {
  const StageTimer timer(Stage::kSoftmax);
  operand_table<E>().softmax_backward_rows(size, p, dp, scale, ds, padded);
}

namespace scalar {

template <typename E>
void softmax_rows(Size size, Panel<const float> scores, float scale, Panel<E> probabilities, size_t padded) {
  for (size_t r = 0; r < size.rows; ++r) {
    const float* s = scores.data + r * scores.ld;
    E* p = probabilities.data + r * probabilities.ld;
    const double highest = *std::max_element(s, s + size.width);
    double sum = 0;
    for (size_t i = 0; i < size.width; ++i) sum += std::exp(scale * (s[i] - highest));
    for (size_t i = 0; i < size.width; ++i)
      p[i] = to_operand<E>(static_cast<float>(std::exp(scale * (s[i] - highest)) / sum));
    std::fill(p + size.width, p + padded, E{});
  }
}

template <typename E>
void softmax_backward_rows(Size size, Panel<const E> probabilities, Panel<const float> dp, float scale, Panel<E> ds,
                           size_t padded) {
  for (size_t r = 0; r < size.rows; ++r) {
    const E* p = probabilities.data + r * probabilities.ld;
    const float* g = dp.data + r * dp.ld;
    E* out = ds.data + r * ds.ld;
    double product = 0;
    for (size_t i = 0; i < size.width; ++i) product += double{g[i]} * to_float(p[i]);
    for (size_t i = 0; i < size.width; ++i)
      out[i] = to_operand<E>(static_cast<float>(double{scale} * to_float(p[i]) * (g[i] - product)));
    std::fill(out + size.width, out + padded, E{});
  }
}

}  // namespace scalar

#define HRM_INSTANTIATE(E)                                                          \
  template void softmax_rows<E>(Size, Panel<const float>, float, Panel<E>, size_t); \
  template void softmax_backward_rows<E>(Size, Panel<const E>, Panel<const float>, float, Panel<E>, size_t);
HRM_INSTANTIATE(float)
HRM_INSTANTIATE(bf16)
namespace scalar {
HRM_INSTANTIATE(float)
HRM_INSTANTIATE(bf16)
}  // namespace scalar
#undef HRM_INSTANTIATE

}  // namespace hrm::kernels
