// The products of gemm.h with AMX-BF16 tiles; compiled with the options of that set, so nothing but the functions at
// the end may leave this file (vector_table.h says why).
//
// A tile register holds up to 16 rows of 64 bytes. Seen from gemm.h, a tile of C is 16 columns (rows here, each
// contiguous in m) by 16 m; one of B is 16 columns by 32 k; and one of A, in pair layout, 16 pairs of k by 16 m: no
// operand is rearranged. C is computed in blocks of 2 x 2 tiles that stay in registers while k runs.
#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/gemm_amx.h"

namespace hrm::kernels::amx {
namespace {

constexpr size_t kRows = 16, kDepth = 32;  // of a tile of C, in each direction; k per tile

// Not from the standard library: its templates would be compiled with this file's options for all others.
size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// GCC 12 does not know that the tile instructions read memory: what they read has to be written before them.
[[gnu::always_inline]] inline void all_is_written() { __asm__ volatile("" ::: "memory"); }

// What ldtilecfg reads (Intel's manual, volume 1, section 18).
struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t bytes[16] = {};  // of a row of each tile
  uint8_t rows[16] = {};
};

// Sizes of a block of C: rows of its tiles in n, columns in m; the second ones may be 0.
struct Block {
  size_t n0, n1, m0, m1;
  bool operator==(const Block&) const = default;
};

// Tiles 0..3: C; 4, 5: B; 6, 7: A.
void configure(const Block& b) {
  TileConfig config;
  const auto set = [&](int tile, size_t rows, size_t bytes) {
    config.rows[tile] = static_cast<uint8_t>(bytes ? rows : 0);
    config.bytes[tile] = static_cast<uint16_t>(rows ? bytes : 0);
  };
  set(0, b.n0, 4 * b.m0);
  set(1, b.n0, 4 * b.m1);
  set(2, b.n1, 4 * b.m0);
  set(3, b.n1, 4 * b.m1);
  set(4, b.n0, 2 * kDepth);
  set(5, b.n1, 2 * kDepth);
  set(6, kDepth / 2, 4 * b.m0);
  set(7, kDepth / 2, 4 * b.m1);
  all_is_written();
  _tile_loadconfig(&config);
}

struct Step {  // 32 of k
  const bf16 *a, *b;
  size_t a_stride, b_stride;  // bytes between rows of a tile
};

template <bool kTwoN, bool kTwoM>
[[gnu::always_inline]] inline void multiply(const Step& s) {
  _tile_loadd(4, s.b, s.b_stride);
  _tile_loadd(6, s.a, s.a_stride);
  _tile_dpbf16ps(0, 4, 6);
  if constexpr (kTwoM) {
    _tile_loadd(7, s.a + 2 * kRows, s.a_stride);
    _tile_dpbf16ps(1, 4, 7);
  }
  if constexpr (kTwoN) {
    _tile_loadd(5, reinterpret_cast<const char*>(s.b) + kRows * s.b_stride, s.b_stride);
    _tile_dpbf16ps(2, 5, 6);
    if constexpr (kTwoM) _tile_dpbf16ps(3, 5, 7);
  }
}

// The last k of a block, filled up with zeros.
struct Tail {
  alignas(64) uint16_t a[kDepth / 2][4 * kRows], b[2 * kRows][kDepth];
  Step fill(const Step& from, const Block& block, size_t k) {
    __builtin_memset(a, 0, sizeof a);
    __builtin_memset(b, 0, sizeof b);
    for (size_t p = 0; p < k / 2; ++p)
      __builtin_memcpy(a[p], reinterpret_cast<const char*>(from.a) + p * from.a_stride, 4 * (block.m0 + block.m1));
    for (size_t j = 0; j < block.n0 + block.n1; ++j)
      __builtin_memcpy(b[j], reinterpret_cast<const char*>(from.b) + j * from.b_stride, 2 * k);
    all_is_written();
    return {reinterpret_cast<const bf16*>(a[0]), reinterpret_cast<const bf16*>(b[0]), sizeof a[0], sizeof b[0]};
  }
};

template <bool kTwoN, bool kTwoM>
void run_block(const GemmShape& s, const GemmOperands<bf16>& operands, const Block& block) {
  const size_t c_stride = 4 * s.ldc;
  float *c = operands.c, *c_below = c + kRows * s.ldc;
  if (s.accumulate) {
    _tile_loadd(0, c, c_stride);
    if constexpr (kTwoM) _tile_loadd(1, c + kRows, c_stride);
    if constexpr (kTwoN) _tile_loadd(2, c_below, c_stride);
    if constexpr (kTwoN && kTwoM) _tile_loadd(3, c_below + kRows, c_stride);
  } else {
    _tile_zero(0);
    if constexpr (kTwoM) _tile_zero(1);
    if constexpr (kTwoN) _tile_zero(2);
    if constexpr (kTwoN && kTwoM) _tile_zero(3);
  }
  const size_t whole = s.k / kDepth * kDepth;
  for (size_t r = 0; r < operands.count; ++r) {
    Step step{operands.a + r * s.stride_a, operands.b + r * s.stride_b, 4 * s.lda, 2 * s.ldb};
    for (size_t k = 0; k < whole; k += kDepth) {
      multiply<kTwoN, kTwoM>(step);
      step.a += kDepth * s.lda;
      step.b += kDepth;
    }
    if (whole == s.k) continue;
    Tail tail;
    multiply<kTwoN, kTwoM>(tail.fill(step, block, s.k - whole));
  }
  _tile_stored(0, c, c_stride);
  if constexpr (kTwoM) _tile_stored(1, c + kRows, c_stride);
  if constexpr (kTwoN) _tile_stored(2, c_below, c_stride);
  if constexpr (kTwoN && kTwoM) _tile_stored(3, c_below + kRows, c_stride);
}

}  // namespace

void gemm(const GemmShape& s, const GemmOperands<bf16>& operands) {
  // Blocks of n of nearly the same size, so that one configuration serves most of them.
  const size_t blocks = (s.n + 2 * kRows - 1) / (2 * kRows), step = (s.n + blocks - 1) / blocks;
  all_is_written();
  Block configured{};
  for (size_t m = 0; m < s.m; m += 2 * kRows)
    for (size_t n = 0; n < s.n; n += step) {
      const size_t rows = smaller(step, s.n - n), columns = smaller(2 * kRows, s.m - m);
      const Block block{smaller(rows, kRows), rows - smaller(rows, kRows), smaller(columns, kRows),
                        columns - smaller(columns, kRows)};
      if (block != configured) {
        configure(block);
        configured = block;
      }
      const GemmOperands<bf16> here{operands.a + 2 * m, operands.b + n * s.ldb, operands.c + n * s.ldc + m,
                                    operands.count};
      const auto run = block.n1 ? (block.m1 ? run_block<true, true> : run_block<true, false>)
                                : (block.m1 ? run_block<false, true> : run_block<false, false>);
      run(s, here, block);
    }
  _tile_release();
  all_is_written();
}

}  // namespace hrm::kernels::amx

#endif
