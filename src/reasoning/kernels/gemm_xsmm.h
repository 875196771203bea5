// libxsmm's just-in-time matrix kernels, if the build has the library (x86-64; HRM_XSMM).
#pragma once

#include <string>

#include "kernels/gemm.h"

namespace hrm::kernels::xsmm {

template <typename E>
using Kernel = void (*)(const E* a, const E* b, float* c, const unsigned long long* count, ...);

// Whether kernels for operands E exist here and run natively.
template <typename E>
bool runs();

// The kernel of this shape, made on first use and kept by the library; null if it makes none. Thread-safe.
template <typename E>
Kernel<E> compile(const GemmShape& shape);

std::string version();

}  // namespace hrm::kernels::xsmm
