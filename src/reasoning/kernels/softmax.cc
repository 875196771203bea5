#include "kernels/softmax.h"

#include <algorithm>
#include <cmath>

#include "kernels/instantiate.h"
#include "kernels/stages.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {

template <typename E>
void softmax_rows(const SoftmaxShape& shape, Panel<const float> s, Panel<E> p) {
  const StageTimer timer(Stage::kSoftmax);
  operand_table<E>().softmax_rows(shape, s, p);
}

template <typename E>
void softmax_backward_rows(const SoftmaxShape& shape, Panel<const E> p, Panel<const float> dp, Panel<E> ds) {
  const StageTimer timer(Stage::kSoftmax);
  operand_table<E>().softmax_backward_rows(shape, p, dp, ds);
}

namespace scalar {

template <typename E>
void softmax_rows(const SoftmaxShape& shape, Panel<const float> scores, Panel<E> probabilities) {
  const auto [rows, n, padded, scale] = shape;
  for (size_t r = 0; r < rows; ++r) {
    const float* s = scores.data + r * scores.ld;
    E* p = probabilities.data + r * probabilities.ld;
    const double highest = *std::max_element(s, s + n);
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += std::exp(scale * (s[i] - highest));
    for (size_t i = 0; i < n; ++i) p[i] = to_operand<E>(static_cast<float>(std::exp(scale * (s[i] - highest)) / sum));
    std::fill(p + n, p + padded, E{});
  }
}

template <typename E>
void softmax_backward_rows(const SoftmaxShape& shape, Panel<const E> probabilities, Panel<const float> dp,
                           Panel<E> ds) {
  const auto [rows, n, padded, scale] = shape;
  for (size_t r = 0; r < rows; ++r) {
    const E* p = probabilities.data + r * probabilities.ld;
    const float* g = dp.data + r * dp.ld;
    E* out = ds.data + r * ds.ld;
    double product = 0;
    for (size_t i = 0; i < n; ++i) product += double{g[i]} * to_float(p[i]);
    for (size_t i = 0; i < n; ++i)
      out[i] = to_operand<E>(static_cast<float>(double{scale} * to_float(p[i]) * (g[i] - product)));
    std::fill(out + n, out + padded, E{});
  }
}

}  // namespace scalar

#define HRM_KERNELS(E)                                                              \
  template void softmax_rows<E>(const SoftmaxShape&, Panel<const float>, Panel<E>); \
  template void softmax_backward_rows<E>(const SoftmaxShape&, Panel<const E>, Panel<const float>, Panel<E>);
HRM_INSTANTIATE(HRM_KERNELS)
#undef HRM_KERNELS

}  // namespace hrm::kernels
