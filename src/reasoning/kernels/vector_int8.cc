// The products of gemm_int8.h with AVX512_VNNI; compiled with the options of that set, so nothing but the two functions
// at the end may leave this file (vector_table.h says why).
//
// C is computed in tiles of up to 6 rows by V vectors of 16 columns that stay in registers while k runs, four at a
// time: V loads of columns and a broadcast per row feed 4 V products and sums of each row.
#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/gemm_int8.h"

namespace hrm::kernels::vnni {
namespace {

constexpr size_t kTileRows = 6, kLanes = 16;

// sum += products of the bytes of four neighbors, u unsigned, s signed. As a separate instruction because GCC 12
// keeps two copies of every sum around the intrinsic, half of them in memory.
inline __attribute__((always_inline)) void add_products(__m512i& sum, __m512i u, __m512i s) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(u), "v"(s));
}

inline __attribute__((always_inline)) __m512i load_four(const void* p) {
  int32_t four;
  __builtin_memcpy(&four, p, 4);
  return _mm512_set1_epi32(four);
}

template <typename R, typename C>
struct Tile {
  const Int8Product<R, C>& p;
  Panel<float> c;
  bool accumulate;

  template <size_t N, size_t V>
  void run(size_t row) const {
    constexpr bool weights_in_rows = R(-1) < R(0);
    __mmask16 in_use[V];  // lanes
    __m512i first[V];
#pragma GCC unroll 8
    for (size_t v = 0; v < V; ++v) {
      const size_t left = p.m - v * kLanes;
      in_use[v] = static_cast<__mmask16>(left >= kLanes ? 0xffffu : (1u << left) - 1);
      first[v] =
          weights_in_rows ? _mm512_setzero_si512() : _mm512_maskz_loadu_epi32(in_use[v], p.correction + v * kLanes);
    }
    __m512i sums[N][V];
#pragma GCC unroll 8
    for (size_t i = 0; i < N; ++i) {
      const __m512i zero = _mm512_set1_epi32(weights_in_rows ? -p.correction[row + i] : 0);
#pragma GCC unroll 8
      for (size_t v = 0; v < V; ++v) sums[i][v] = _mm512_sub_epi32(zero, first[v]);
    }
    const R* a = p.rows.data + row * p.rows.ld;
    const C* b = p.columns.data;
    const size_t ld = p.rows.ld, step = p.columns.ld * kGroup;
    for (const C* const end = b + p.k * p.columns.ld; b != end; a += kGroup, b += step) {
      __m512i columns[V];
#pragma GCC unroll 8
      for (size_t v = 0; v < V; ++v) columns[v] = _mm512_loadu_si512(b + v * kLanes * kGroup);
#pragma GCC unroll 8
      for (size_t i = 0; i < N; ++i) {
        const __m512i four = load_four(a + i * ld);
#pragma GCC unroll 8
        for (size_t v = 0; v < V; ++v) {
          if constexpr (weights_in_rows)
            add_products(sums[i][v], columns[v], four);
          else
            add_products(sums[i][v], four, columns[v]);
        }
      }
    }
    __m512 scale[V];
#pragma GCC unroll 8
    for (size_t v = 0; v < V; ++v) scale[v] = _mm512_maskz_loadu_ps(in_use[v], p.column_scale + v * kLanes);
#pragma GCC unroll 8
    for (size_t i = 0; i < N; ++i) {
      float* to = c.data + (row + i) * c.ld;
      const __m512 row_scale = _mm512_set1_ps(p.row_scale[row + i]);
#pragma GCC unroll 8
      for (size_t v = 0; v < V; ++v) {
        const __m512 sum = _mm512_mul_ps(_mm512_maskz_cvtepi32_ps(0xffff, sums[i][v]), scale[v]);
        const __m512 value = accumulate
                                 ? _mm512_fmadd_ps(sum, row_scale, _mm512_maskz_loadu_ps(in_use[v], to + v * kLanes))
                                 : _mm512_mul_ps(sum, row_scale);
        _mm512_mask_storeu_ps(to + v * kLanes, in_use[v], value);
      }
    }
  }

  template <size_t V>
  void run_rows(size_t row, size_t count) const {
    switch (count) {
      case 1:
        return run<1, V>(row);
      case 2:
        return run<2, V>(row);
      case 3:
        return run<3, V>(row);
      case 4:
        return run<4, V>(row);
      case 5:
        return run<5, V>(row);
      default:
        return run<6, V>(row);
    }
  }

  // Rows in tiles of nearly equal height: one of a single row would take as long as one of four.
  void run_all() const {
    const size_t tiles = (p.n + kTileRows - 1) / kTileRows;
    for (size_t t = 0; t < tiles; ++t) {
      const size_t begin = p.n * t / tiles, count = p.n * (t + 1) / tiles - begin;
      switch ((p.m + kLanes - 1) / kLanes) {
        case 1:
          run_rows<1>(begin, count);
          break;
        case 2:
          run_rows<2>(begin, count);
          break;
        case 3:
          run_rows<3>(begin, count);
          break;
        default:
          run_rows<4>(begin, count);
      }
    }
  }
};

}  // namespace

void multiply_int8(const Int8Product<uint8_t, int8_t>& product, Panel<float> c, bool accumulate) {
  Tile<uint8_t, int8_t>{product, c, accumulate}.run_all();
}
void multiply_int8(const Int8Product<int8_t, uint8_t>& product, Panel<float> c, bool accumulate) {
  Tile<int8_t, uint8_t>{product, c, accumulate}.run_all();
}

}  // namespace hrm::kernels::vnni

#endif
