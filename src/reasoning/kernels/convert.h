// Conversions and sums of plain vectors of n elements, at any alignment. Output may be an input, but not overlap it
// otherwise. Any number of threads may call this on disjoint outputs.
#pragma once

#include <cstddef>

#include "kernels/bf16.h"

namespace hrm::kernels {

// y = x; to the nearest bf16, ties to even (denormal numbers: kernels/bf16.h).
void convert(const float* x, float* y, size_t n);
void convert(const float* x, bf16* y, size_t n);
void convert(const bf16* x, float* y, size_t n);

void add(const float* a, const float* b, float* out, size_t n);  // out = a + b

struct Factors {
  float a = 1, b = 1;
};
void axpby(Factors by, const float* x, float* y, size_t n);  // y <- a x + b y

// sum x^2, in double and in an order that n alone decides.
double sum_of_squares(const float* x, size_t n);

namespace scalar {
void convert(const float* x, float* y, size_t n);
void convert(const float* x, bf16* y, size_t n);
void convert(const bf16* x, float* y, size_t n);
void add(const float* a, const float* b, float* out, size_t n);
void axpby(Factors by, const float* x, float* y, size_t n);
double sum_of_squares(const float* x, size_t n);
}  // namespace scalar

}  // namespace hrm::kernels
