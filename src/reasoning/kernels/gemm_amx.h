// Products of bf16 operands with AMX-BF16 (x86-64 from Sapphire Rapids on). See gemm.h for the meaning of a shape.
#pragma once

#include "kernels/bf16.h"
#include "kernels/gemm_shape.h"

namespace hrm::kernels::amx {

// Whether this process may use it: the processor has it, HRM_ISA does not lower it, and the system grants the state.
bool runs();

// REQUIRES: runs().
void gemm(const GemmShape& shape, const GemmOperands<bf16>& operands);

}  // namespace hrm::kernels::amx
