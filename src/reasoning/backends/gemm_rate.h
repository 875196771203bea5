// G of backends/bench.h: the speed of the engine's matrix kernel on this machine, an upper bound for everything built
// on it.
#pragma once

#include <cstddef>

#include "model/config.h"

namespace hrm::backends {

// float32 or bfloat16: the type of the products' operands for a model of this forward_dtype on this machine.
model::Precision operand_type(model::Precision forward);

// GFLOP/s of X [82 x k] W^T with W [512 x k] packed in blocks of 64 features, on `threads` threads at once, over about
// 0.2 s. REQUIRES: operands is what operand_type() returns.
double measure_gemm(model::Precision operands, size_t k, size_t threads);

}  // namespace hrm::backends
