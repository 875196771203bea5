// The hot kernels of the CPU engine one by one, on one thread and data that stays in the cache, at the sizes of a
// Sudoku (82 tokens): --benchmark_filter=PATTERN chooses, HRM_ISA lowers the instruction set.
//
//   Product       C [82 x 64] = X [82 x k] W^T             GFLOP/s
//   Swiglu        h = silu(gate) up, 82 x 64               bytes read and written per second; so are the others
//   RmsNorm       rows of D, residual stream to operands
//   RmsNormBack   its gradient
//   Softmax       82 x 82 scores to weights
//   Interleave    rows of D to pair layout
//   TransposePairs  82 x 64, a head's K
//   AdamAtan2     2^16 parameters
#include <benchmark/benchmark.h>

#include "kernels/buffer.h"
#include "kernels/gemm.h"
#include "kernels/optimizer.h"
#include "kernels/pack.h"
#include "kernels/rms_norm.h"
#include "kernels/softmax.h"
#include "kernels/swiglu.h"

namespace hrm::kernels {
namespace {

constexpr size_t kTokens = 82, kBlock = 64;

template <typename E>
Buffer<E> numbers(size_t n) {
  Buffer<E> buffer(n);
  for (size_t i = 0; i < n; ++i) buffer.data()[i] = to_operand<E>(0.1f * static_cast<float>(i % 13) - 0.5f);
  return buffer;
}

void report_bytes(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes));
}

size_t width_of(const benchmark::State& state) { return static_cast<size_t>(state.range(0)); }

template <typename E>
void product(benchmark::State& state) {
  const size_t k = width_of(state);
  if (kPair<E> == 2 && !native_bf16()) return state.SkipWithError("no native bfloat16 here");
  const Gemm<E> gemm({.m = kBlock, .n = kTokens, .k = k, .lda = kBlock, .ldb = k, .ldc = kBlock});
  const Buffer<E> a = numbers<E>(kBlock * k), b = numbers<E>(kTokens * k);
  Buffer<float> c(kTokens * kBlock);
  for (auto _ : state) gemm(a.data(), b.data(), c.data());
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(kBlock * kTokens * k),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

template <typename E>
void swiglu_tile(benchmark::State& state) {
  const Buffer<float> gate = numbers<float>(kTokens * kBlock), up = numbers<float>(kTokens * kBlock);
  Buffer<E> h(kTokens * kBlock);
  for (auto _ : state) swiglu<E>({kTokens, kBlock}, {gate.data(), kBlock}, {up.data(), kBlock}, {h.data(), kBlock});
  report_bytes(state, kTokens * kBlock * (8 + sizeof(E)));
}

template <typename E>
void rms_norm(benchmark::State& state) {
  const size_t D = width_of(state);
  Buffer<float> x = numbers<float>(kTokens * D), scales(kTokens);
  Buffer<E> y(kTokens * D);
  for (auto _ : state) rms_norm_rows<E>({kTokens, D}, {x.data(), D}, 1e-5f, {{y.data(), D}, scales.data()});
  report_bytes(state, kTokens * D * (8 + sizeof(E)));
}

template <typename E>
void rms_norm_back(benchmark::State& state) {
  const size_t D = width_of(state);
  const Buffer<E> y = numbers<E>(kTokens * D);
  const Buffer<float> start = numbers<float>(kTokens * D), scales = numbers<float>(kTokens);
  Buffer<float> g = numbers<float>(kTokens * D);
  for (auto _ : state) {
    rms_norm_rows_backward<E>({kTokens, D}, {y.data(), D}, scales.data(), {g.data(), D});
    std::copy_n(start.data(), kBlock, g.data());  // so that it does not fade into denormal numbers
  }
  report_bytes(state, kTokens * D * (8 + sizeof(E)));
}

template <typename E>
void softmax(benchmark::State& state) {
  const Buffer<float> scores = numbers<float>(kTokens * kTokens);
  Buffer<E> p(kTokens * kTokens);
  for (auto _ : state)
    softmax_rows<E>({.rows = kTokens, .n = kTokens, .padded = kTokens, .scale = 0.125f}, {scores.data(), kTokens},
                    {p.data(), kTokens});
  report_bytes(state, kTokens * kTokens * (4 + sizeof(E)));
}

template <typename E>
void interleave(benchmark::State& state) {
  const size_t D = width_of(state);
  const Buffer<E> x = numbers<E>(kTokens * D);
  Buffer<E> out(kTokens * D);
  for (auto _ : state) interleave_rows({kTokens, D}, Panel<const E>{x.data(), D}, Panel<E>{out.data(), D});
  report_bytes(state, kTokens * D * 2 * sizeof(E));
}

template <typename E>
void pairs(benchmark::State& state) {
  const Buffer<float> x = numbers<float>(kTokens * kBlock);
  Buffer<E> out(kTokens * kBlock);
  for (auto _ : state)
    transpose_pairs({kTokens, kBlock}, Panel<const float>{x.data(), kBlock}, Panel<E>{out.data(), kTokens});
  report_bytes(state, kTokens * kBlock * (4 + sizeof(E)));
}

void adam(benchmark::State& state) {
  constexpr size_t n = 1 << 16;
  Buffer<float> p = numbers<float>(n), m(n), v(n);
  const Buffer<float> g = numbers<float>(n);
  const AdamAtan2Step step{.lr = 1e-4f,
                           .weight_decay = 0.1f,
                           .beta1 = 0.9f,
                           .beta2 = 0.95f,
                           .correction1 = 1,
                           .correction2 = 1,
                           .gradient_scale = 1};
  for (auto _ : state) adam_atan2({p.data(), m.data(), v.data(), g.data(), n}, step);
  report_bytes(state, n * 4 * 7);
}

BENCHMARK(product<float>)->Name("Product/float32")->Arg(128)->Arg(512)->Arg(1536);
BENCHMARK(product<bf16>)->Name("Product/bfloat16")->Arg(128)->Arg(512)->Arg(1536);
BENCHMARK(swiglu_tile<float>)->Name("Swiglu/float32");
BENCHMARK(swiglu_tile<bf16>)->Name("Swiglu/bfloat16");
BENCHMARK(rms_norm<float>)->Name("RmsNorm/float32")->Arg(128)->Arg(512);
BENCHMARK(rms_norm<bf16>)->Name("RmsNorm/bfloat16")->Arg(128)->Arg(512);
BENCHMARK(rms_norm_back<float>)->Name("RmsNormBack/float32")->Arg(128)->Arg(512);
BENCHMARK(rms_norm_back<bf16>)->Name("RmsNormBack/bfloat16")->Arg(128)->Arg(512);
BENCHMARK(softmax<float>)->Name("Softmax/float32");
BENCHMARK(softmax<bf16>)->Name("Softmax/bfloat16");
BENCHMARK(interleave<float>)->Name("Interleave/float32")->Arg(128)->Arg(512);
BENCHMARK(interleave<bf16>)->Name("Interleave/bfloat16")->Arg(128)->Arg(512);
BENCHMARK(pairs<float>)->Name("TransposePairs/float32");
BENCHMARK(pairs<bf16>)->Name("TransposePairs/bfloat16");
BENCHMARK(adam)->Name("AdamAtan2");

}  // namespace
}  // namespace hrm::kernels
