#define HRM_LANES 4
#define HRM_TABLE kVectorBaseline
#include "kernels/vector_impl.inc"
