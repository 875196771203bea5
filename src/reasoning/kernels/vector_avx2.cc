#if defined(__x86_64__)
#define HRM_LANES 8
#define HRM_TABLE kVectorAvx2
#include "kernels/vector_impl.inc"
#endif
