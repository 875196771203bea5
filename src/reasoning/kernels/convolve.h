// A 3x3 convolution of each channel on its own over a grid (depthwise), with zeros around the grid.
//
//   y(r, c) += sum over i < 9 of w_i x(r + i / 3 - 1, c + i % 3 - 1)          channel by channel
//
// Cells are rows of `channels` numbers, one after the other. E is float or bf16. A cell's result does not depend on
// which other cells are asked for. Any number of threads may call this on disjoint cells.
#pragma once

#include "kernels/bf16.h"

namespace hrm::kernels {

struct GridShape {
  size_t height = 0, width = 0, channels = 0;
};
// Cells [begin, end) of the grid.
struct CellRange {
  size_t begin = 0, end = 0;
};
enum class Taps {
  kForward,
  kBackward,  // w_{8-i} for w_i: what carries the gradient of y back to x
};

template <typename E>
struct Convolution {
  GridShape shape;
  CellRange cells;  // of y that change
  Taps taps;
  const E* x;            // the whole grid
  const float* weights;  // [9][channels]
};
// y: the whole grid.
template <typename E>
void convolve(const Convolution<E>& convolution, float* y);

// d_weights [9][channels] += the sum over all cells of dy(cell) x(cell + tap).
template <typename E>
void convolve_gradient(const GridShape& shape, const E* x, const E* dy, float* d_weights);

namespace scalar {
template <typename E>
void convolve(const Convolution<E>& convolution, float* y);
template <typename E>
void convolve_gradient(const GridShape& shape, const E* x, const E* dy, float* d_weights);
}  // namespace scalar

}  // namespace hrm::kernels
