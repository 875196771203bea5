// The end of a file of kernel templates: its instantiations for both operand types, of the vector versions and of their
// scalar references.
//
//   #define HRM_KERNELS(E) template void softmax_rows<E>(...); ...
//   HRM_INSTANTIATE(HRM_KERNELS)
//   #undef HRM_KERNELS
#pragma once

#include "kernels/bf16.h"

// In namespace hrm::kernels.
#define HRM_INSTANTIATE(KERNELS) \
  KERNELS(float)                 \
  KERNELS(bf16)                  \
  namespace scalar {             \
  KERNELS(float)                 \
  KERNELS(bf16)                  \
  }
