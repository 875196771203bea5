// The vector kernels of one instruction set as function pointers. Callers use the functions of convert.h, pack.h, ...;
// the table is for those functions, for products (gemm.cc) and for tests of every instruction set.
//
// vector_<set>.cc compile the same sources (vector_*.inc) with the options of their set. Nothing but these tables may
// leave them: an inline function of a header that they instantiate could be the copy that the linker keeps, and would
// then stop on machines without the set. So they include only headers without inline functions that they call.
#pragma once

#include <vector>

#include "kernels/bf16.h"
#include "kernels/convert.h"
#include "kernels/convolve.h"
#include "kernels/gemm_shape.h"
#include "kernels/optimizer.h"
#include "kernels/panel.h"
#include "kernels/rms_norm.h"
#include "kernels/softmax.h"
#include "kernels/swiglu.h"

namespace hrm::kernels {

template <typename E>
struct OperandTable {
  void (*rms_norm_rows)(Size, Panel<float> x, float epsilon, NormOutput<E> out);
  void (*rms_norm_rows_backward)(Size, Panel<const E> y, const float* scales, Panel<float> g);
  void (*rms_norm_columns)(Size, Panel<float> x, float epsilon, NormOutput<E> out);
  void (*rms_norm_columns_backward)(Size, Panel<const E> y, const float* scales, Panel<float> g);
  void (*swiglu)(Size, Panel<const float> gate, Panel<const float> up, Panel<E> h);
  void (*swiglu_interleaved)(Size, Panel<const float> gate, Panel<const float> up, Panel<E> h);
  void (*swiglu_keep)(Size, Panel<const float> gate, Panel<const float> up, const SwigluKept<E>& kept);
  void (*swiglu_backward)(Size, SwigluInput<E> in, Panel<const float> dh, const SwigluGradient<E>& out);
  void (*softmax_rows)(const SoftmaxShape& shape, Panel<const float> s, Panel<E> p);
  void (*softmax_backward_rows)(const SoftmaxShape& shape, Panel<const E> p, Panel<const float> dp, Panel<E> ds);
  void (*convolve)(const Convolution<E>& convolution, float* y);
  void (*convolve_gradient)(const GridShape& shape, const E* x, const E* dy, float* d_weights);
  void (*quantize_rows)(Size, Panel<const E> x, Panel<uint8_t> q, float* scales);
  void (*quantize_columns)(Size, Panel<const E> x, Panel<uint8_t> q, float* scales);
};

// Layouts of results E from inputs X.
template <typename X, typename E>
struct PackTable {
  void (*convert)(const X* x, E* y, size_t n);
  void (*interleave_rows)(Size, Panel<const X> x, Panel<E> out);
  void (*transpose)(Size, Panel<const X> x, Panel<E> out);
  void (*transpose_pairs)(Size, Panel<const X> x, Panel<E> out);
};

struct VectorTable {
  OperandTable<float> for_float;
  OperandTable<bf16> for_bf16;
  PackTable<float, float> float_to_float;
  PackTable<float, bf16> float_to_bf16;
  PackTable<bf16, bf16> bf16_to_bf16;

  void (*widen)(const bf16* x, float* y, size_t n);
  void (*add)(const float* a, const float* b, float* out, size_t n);
  void (*axpby)(Factors by, const float* x, float* y, size_t n);
  double (*sum_of_squares)(const float* x, size_t n);
  void (*exp)(const float* x, float* y, size_t n);                      // for tests
  void (*atan2)(const float* y, const float* x, float* out, size_t n);  // x >= 0; for tests

  void (*rotate)(Size, Panel<float> x, const float* cosine, const float* sine);
  void (*rotate_back)(Size, Panel<float> x, const float* cosine, const float* sine);

  void (*adam_atan2)(const AdamArrays& arrays, const AdamAtan2Step& step);
  void (*ema)(float* average, const float* p, float rate, size_t n);
  void (*sgd_momentum)(float* u, float* g, size_t n, const MomentumStep& step);
  void (*decay_and_add)(float* p, const float* direction, size_t n, const DecayStep& factors);

  // The product of kernels/gemm.h. A column's result does not depend on n or on the other columns.
  void (*gemm_f32)(const GemmShape& shape, const GemmOperands<float>& operands);
};

// The table of the chosen instruction set.
const VectorTable& vector_table();

// Every table that this machine can run, with a name; for tests.
struct NamedTable {
  const char* name;
  const VectorTable* table;
};
std::vector<NamedTable> machine_tables();

template <typename E>
const OperandTable<E>& operand_table(const VectorTable& table = vector_table()) {
  if constexpr (kPair<E> == 2)
    return table.for_bf16;
  else
    return table.for_float;
}

extern const VectorTable kVectorBaseline, kVectorAvx2, kVectorAvx512, kVectorAvx512Bf16;

}  // namespace hrm::kernels
