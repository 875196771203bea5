#if defined(__x86_64__)
#define HRM_LANES 16
#define HRM_TABLE kVectorAvx512Bf16
#include "kernels/vector_impl.inc"
#endif
