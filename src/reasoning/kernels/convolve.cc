#include "kernels/convolve.h"

#include "kernels/instantiate.h"
#include "kernels/stages.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {

template <typename E>
void convolve(const Convolution<E>& convolution, float* y) {
  const StageTimer timer(Stage::kProducts);
  operand_table<E>().convolve(convolution, y);
}

template <typename E>
void convolve_gradient(const GridShape& shape, const E* x, const E* dy, float* d_weights) {
  const StageTimer timer(Stage::kProducts);
  operand_table<E>().convolve_gradient(shape, x, dy, d_weights);
}

namespace scalar {
namespace {

// Calls visit(tap, cell) for the neighbors of a cell that lie in the grid.
void for_neighbors(const GridShape& shape, size_t cell, auto&& visit) {
  const size_t row = cell / shape.width, column = cell % shape.width;
  for (size_t tap = 0; tap < 9; ++tap) {
    const size_t r = row + tap / 3, c = column + tap % 3;  // one more than the neighbor's
    if (r < 1 || r > shape.height || c < 1 || c > shape.width) continue;
    visit(tap, (r - 1) * shape.width + c - 1);
  }
}

}  // namespace

template <typename E>
void convolve(const Convolution<E>& convolution, float* y) {
  const GridShape& shape = convolution.shape;
  const E* x = convolution.x;
  const size_t n = shape.channels;
  for (size_t cell = convolution.cells.begin; cell < convolution.cells.end; ++cell)
    for (size_t i = 0; i < n; ++i) {
      double sum = y[cell * n + i];
      for_neighbors(shape, cell, [&](size_t tap, size_t at) {
        sum += double{convolution.weights[(convolution.taps == Taps::kForward ? tap : 8 - tap) * n + i]} *
               to_float(x[at * n + i]);
      });
      y[cell * n + i] = static_cast<float>(sum);
    }
}

template <typename E>
void convolve_gradient(const GridShape& shape, const E* x, const E* dy, float* d_weights) {
  const size_t n = shape.channels;
  for (size_t i = 0; i < n; ++i) {
    double sums[9] = {};
    for (size_t cell = 0; cell < shape.height * shape.width; ++cell)
      for_neighbors(shape, cell, [&](size_t tap, size_t at) {
        sums[tap] += double{to_float(dy[cell * n + i])} * to_float(x[at * n + i]);
      });
    for (size_t tap = 0; tap < 9; ++tap) d_weights[tap * n + i] += static_cast<float>(sums[tap]);
  }
}

}  // namespace scalar

#define HRM_KERNELS(E)                                      \
  template void convolve<E>(const Convolution<E>&, float*); \
  template void convolve_gradient<E>(const GridShape&, const E*, const E*, float*);
HRM_INSTANTIATE(HRM_KERNELS)
#undef HRM_KERNELS

}  // namespace hrm::kernels
