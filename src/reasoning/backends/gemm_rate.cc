#include "backends/gemm_rate.h"

#include <atomic>
#include <barrier>
#include <chrono>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/threads.h"
#include "kernels/buffer.h"
#include "kernels/gemm.h"

namespace hrm::backends {
namespace {

using kernels::Buffer;
using kernels::Gemm;
using Clock = std::chrono::steady_clock;

constexpr size_t kRows = 82, kFeatures = 512, kBlock = 64;
constexpr double kSeconds = 0.2;

template <typename E>
struct Product {  // one thread's operands
  explicit Product(size_t inner) : k(inner), x(kRows * k), weights(kFeatures * k), y(kRows * kFeatures) {
    for (size_t i = 0; i < x.size(); ++i) x.data()[i] = kernels::to_operand<E>(0.01f * static_cast<float>(i % 7));
    for (size_t i = 0; i < weights.size(); ++i)
      weights.data()[i] = kernels::to_operand<E>(0.01f * static_cast<float>(i % 5));
  }
  void run(const Gemm<E>& gemm) {
    for (size_t f = 0; f < kFeatures; f += kBlock) gemm(weights.data() + f * k, x.data(), y.data() + f);
  }
  size_t k;
  Buffer<E> x, weights;
  Buffer<float> y;
};

template <typename E>
double rate(size_t k, size_t threads) {
  const Gemm<E> gemm({.m = kBlock, .n = kRows, .k = k, .lda = kBlock, .ldb = k, .ldc = kFeatures});
  std::vector<std::unique_ptr<Product<E>>> products(threads);
  std::barrier start(static_cast<std::ptrdiff_t>(threads));
  std::atomic<size_t> runs{0};
  std::atomic<bool> stop{false};
  std::vector<Clock::time_point> begin(threads);
  run_threads(threads, [&](size_t i) {
    products[i] = std::make_unique<Product<E>>(k);  // its own thread's memory
    products[i]->run(gemm);
    start.arrive_and_wait();
    begin[i] = Clock::now();
    size_t mine = 0;
    while (!stop.load(std::memory_order_relaxed)) {
      for (int j = 0; j < 8; ++j) products[i]->run(gemm);
      mine += 8;
      if (seconds_since(begin[i]) >= kSeconds) stop = true;
    }
    runs += mine;
  });
  const double seconds = seconds_since(begin[0]);
  return 2.0 * kRows * kFeatures * static_cast<double>(k) * static_cast<double>(runs) / seconds * 1e-9;
}

}  // namespace

model::Precision operand_type(model::Precision forward) {
  return forward == model::Precision::kBFloat16 && kernels::native_bf16() ? forward : model::Precision::kFloat32;
}

double measure_gemm(model::Precision operands, size_t k, size_t threads) {
  return operands == model::Precision::kBFloat16 ? rate<kernels::bf16>(k, threads) : rate<float>(k, threads);
}

}  // namespace hrm::backends
