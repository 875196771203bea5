// Every library's products against the scalar one, and what the header promises of their bits.
#include "kernels/gemm.h"

#include "base/error.h"
#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/gemm_amx.h"
#include "kernels/gemm_xsmm.h"
#include "kernels/testing/arrays.h"

namespace hrm::kernels {
namespace {

template <typename E>
std::vector<E> numbers(size_t n, uint64_t seed) {
  Rng rng(seed);
  std::vector<E> values(n);
  for (E& v : values) v = to_operand<E>(static_cast<float>(2 * rng.uniform() - 1));
  return values;
}

// Operands of a shape whose leading dimensions and strides leave gaps, and C with what lies around it.
template <typename E>
struct Operands {
  Operands(GemmShape s, size_t count)
      : shape(s),
        number(count),
        a(numbers<E>(s.stride_a * count + s.k * s.lda, 1)),
        b(numbers<E>(s.stride_b * count + s.n * s.ldb, 2)),
        c(numbers<float>((s.n + 1) * s.ldc, 3)) {}

  std::vector<float> run(GemmLibrary library) const {
    std::vector<float> out = c;
    Gemm<E>(shape, library)(a.data(), b.data(), out.data(), number);
    return out;
  }

  GemmShape shape;
  size_t number;
  std::vector<E> a, b;
  std::vector<float> c;
};

GemmShape with_gaps(size_t m, size_t n, size_t k, bool accumulate, size_t gap) {
  GemmShape s{.m = m, .n = n, .k = k, .lda = m + gap, .ldb = k + 2 * gap, .ldc = m + gap, .accumulate = accumulate};
  s.stride_a = k * s.lda + 2 * gap;
  s.stride_b = n * s.ldb + 2 * gap;
  return s;
}

template <typename E>
std::vector<GemmLibrary> libraries() {
  std::vector<GemmLibrary> all;
  if (std::is_same_v<E, float>) all.push_back(GemmLibrary::kPortable);
  if (xsmm::runs<E>()) all.push_back(GemmLibrary::kXsmm);
  if (std::is_same_v<E, bf16> && amx::runs()) all.push_back(GemmLibrary::kAmx);
  return all;
}

template <typename E>
class GemmOf : public testing::Test {};
using OperandTypes = testing::Types<float, bf16>;
TYPED_TEST_SUITE(GemmOf, OperandTypes);

TYPED_TEST(GemmOf, EqualsTheScalarProductForTails) {
  using E = TypeParam;
  const auto all = libraries<E>();
  if (all.empty()) GTEST_SKIP() << "skipped: no library multiplies these operands on this machine";
  size_t sample = 0;
  for (size_t m = 1; m <= 70; m += 1 + m % 3)
    for (size_t n = 1; n <= 70; n += 9 + m % 5) {
      ++sample;
      const size_t pairs = 1 + (m * 5 + n) % 40, k = kPair<E> == 2 ? 2 * pairs : pairs;
      const Operands<E> operands(with_gaps(m, n, k, sample % 2 == 0, sample % 3), 1 + sample % 4);
      const std::vector<float> reference = operands.run(GemmLibrary::kScalar);
      for (const GemmLibrary library : all) {
        const std::vector<float> mine = operands.run(library);
        for (size_t i = 0; i < reference.size(); ++i)  // gaps included: nothing may be written there
          ASSERT_NEAR(mine[i], reference[i], 3e-6 * std::sqrt(static_cast<double>(k * operands.number)) + 1e-6)
              << m << " x " << n << " x " << k << ", count " << operands.number << ", library "
              << static_cast<int>(library) << ", at " << i;
      }
    }
  EXPECT_GT(sample, 150u);
}

// libxsmm's kernel for a last block of rows that fits one vector (m mod 64 from 1 to 16 with AVX-512) splits the sum
// over k by the number of columns: there the last bits depend on n. So only the other m are asked of it.
bool keeps_columns_apart(GemmLibrary library, size_t m) {
  if (library != GemmLibrary::kXsmm) return true;
  return best_instruction_set() == InstructionSet::kAvx512 && (m % 64 == 0 || m % 64 > 16);
}

TYPED_TEST(GemmOf, AColumnDoesNotDependOnTheOthers) {
  using E = TypeParam;
  for (const GemmLibrary library : libraries<E>())
    for (const size_t m : {3, 16, 17, 24, 32, 48, 64, 70, 82, 96, 128}) {
      if (!keeps_columns_apart(library, m)) continue;
      const GemmShape whole = with_gaps(m, 41, 64, false, 1);
      const Operands<E> operands(whole, 2);
      const std::vector<float> all = operands.run(library);
      for (const size_t n : {1, 2, 7, 20, 40}) {
        GemmShape part = whole;
        part.n = n;
        for (const size_t first : {size_t{0}, 41 - n}) {
          std::vector<float> some(n * whole.ldc);
          Gemm<E>(part, library)(operands.a.data(), operands.b.data() + first * whole.ldb, some.data(), 2);
          for (size_t j = 0; j < n; ++j)
            for (size_t i = 0; i < m; ++i)
              ASSERT_EQ(some[j * whole.ldc + i], all[(first + j) * whole.ldc + i])
                  << "library " << static_cast<int>(library) << ", m " << m << ", n " << n << ", column " << first + j;
        }
      }
    }
}

TYPED_TEST(GemmOf, TheBestLibraryRunsEveryShape) {
  using E = TypeParam;
  for (const size_t k : {size_t{2}, size_t{4}, size_t{82}, size_t{1536}})
    EXPECT_NO_THROW(Gemm<E>({.m = 70, .n = 97, .k = k, .lda = 70, .ldb = k, .ldc = 70})) << k;
}

TYPED_TEST(GemmOf, RefusesImpossibleShapes) {
  using E = TypeParam;
  const GemmShape good{.m = 8, .n = 4, .k = 6, .lda = 8, .ldb = 6, .ldc = 8};
  EXPECT_NO_THROW(Gemm<E>{good});
  const auto refused = [&](auto change) {
    GemmShape s = good;
    change(s);
    EXPECT_THROW(Gemm<E>{s}, Error);
  };
  refused([](GemmShape& s) { s.m = 0; });
  refused([](GemmShape& s) { s.n = 0; });
  refused([](GemmShape& s) { s.k = 0; });
  refused([](GemmShape& s) { s.lda = 7; });
  refused([](GemmShape& s) { s.ldb = 5; });
  refused([](GemmShape& s) { s.ldc = 7; });
}

TEST(Gemm, PairsAndLibraries) {
  EXPECT_THROW(Gemm<bf16>({.m = 8, .n = 4, .k = 5, .lda = 8, .ldb = 6, .ldc = 8}), Error);
  EXPECT_THROW(Gemm<bf16>({.m = 8, .n = 4, .k = 6, .lda = 8, .ldb = 6, .ldc = 8}, GemmLibrary::kPortable), Error);
  EXPECT_NE(best_gemm<float>(), GemmLibrary::kScalar);
  EXPECT_EQ(native_bf16(), best_gemm<bf16>() != GemmLibrary::kScalar);
  EXPECT_EQ(best_gemm<bf16>() == GemmLibrary::kAmx, amx::runs());
  EXPECT_FALSE(gemm_description().empty());
}

}  // namespace
}  // namespace hrm::kernels
