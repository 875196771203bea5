// G of api/bench.h: what the engine's matrix kernel reaches on this machine, as the ceiling of everything built on it.
#pragma once

#include <cstddef>

#include "engine/config.h"

namespace hrm::api {

// float32 or bfloat16: the type of the products' operands for a model of this forward_dtype on this machine.
engine::Precision operand_type(engine::Precision forward);

// GFLOP/s of X [82 x k] W^T with W [512 x k] packed in blocks of 64 features, on `threads` threads at once, over about
// 0.2 s. REQUIRES: operands is what operand_type() returns.
double measure_gemm(engine::Precision operands, size_t k, size_t threads);

}  // namespace hrm::api
