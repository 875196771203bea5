// Rotary position encoding (arXiv 2104.09864) on the pairs (i, i + W/2) of a head of width W, as the authors have it.
//
//   angle(t, i) = t / theta^(2 i / W)                        i < W/2; float32, rounded where the authors round
//   y[i] = x[i] cos - x[i + W/2] sin,   y[i + W/2] = x[i + W/2] cos + x[i] sin
#pragma once

#include <vector>

#include "kernels/panel.h"

namespace hrm::kernels {

struct RotaryTable {
  size_t half = 0;                  // W/2
  std::vector<float> cosine, sine;  // [tokens][W/2]
};
// REQUIRES: head_width is even.
RotaryTable rotary_table(float theta, size_t tokens, size_t head_width);

// x: rows of one head, size.width = W, replaced by y. cosine, sine: [rows][W/2], the table from the first row's token.
void rotate(Size size, Panel<float> x, const float* cosine, const float* sine);

// The inverse and transpose: takes dL/dy to dL/dx.
void rotate_back(Size size, Panel<float> x, const float* cosine, const float* sine);

namespace scalar {
void rotate(Size size, Panel<float> x, const float* cosine, const float* sine);
void rotate_back(Size size, Panel<float> x, const float* cosine, const float* sine);
}  // namespace scalar

}  // namespace hrm::kernels
