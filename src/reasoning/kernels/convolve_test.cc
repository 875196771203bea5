#include "kernels/convolve.h"

#include "kernels/testing/arrays.h"

namespace hrm::kernels {
namespace {

template <typename E>
class Convolve : public testing::Test {};
using ConvolveOperands = testing::Types<float, bf16>;
TYPED_TEST_SUITE(Convolve, ConvolveOperands);

TYPED_TEST(Convolve, EqualsScalarReferenceOnEveryShapeAndTail) {
  using E = TypeParam;
  for_each_table([](const VectorTable& set) {
    const OperandTable<E>& table = operand_table<E>(set);
    for (const auto& [height, width] : {std::pair<size_t, size_t>{1, 1}, {1, 4}, {5, 1}, {2, 2}, {4, 7}})
      for_each_tail([&, h = height, w = width](size_t n, size_t shift) {
        const GridShape shape{h, w, n};
        Grid<E> x({h * w, n}, shift, 1, 0);
        Grid<float> weights({9, n}, 0, 2, 0);
        for (const Taps taps : {Taps::kForward, Taps::kBackward}) {
          Grid<float> y({h * w, n}, 3, 3, 0), y_truth = y;
          const CellRange cells{h * w / 3, h * w};
          const Convolution<E> convolution{shape, cells, taps, x.data(), weights.data()};
          table.convolve(convolution, y.data());
          scalar::convolve<E>(convolution, y_truth.data());
          expect_near(y, y_truth, 2e-5);  // nine products of up to 9 each
        }
        Grid<E> dy({h * w, n}, shift, 4, 0);
        Grid<float> dw({9, n}, 0, 5, 0), dw_truth = dw;
        table.convolve_gradient(shape, x.data(), dy.data(), dw.data());
        scalar::convolve_gradient<E>(shape, x.data(), dy.data(), dw_truth.data());
        expect_near(dw, dw_truth, 5e-5);  // up to 28
      });
  });
}

}  // namespace
}  // namespace hrm::kernels
