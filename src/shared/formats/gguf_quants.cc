#include "formats/gguf_quants.h"

#include <algorithm>

#include "base/tensor.h"
#include "formats/bytes.h"

namespace hrm {
namespace {

constexpr size_t kSmall = 32, kSuper = 256;

float half(const std::byte* at) { return from_float16(load_le<uint16_t>({at, 2})); }
unsigned byte(const std::byte* at) { return static_cast<unsigned>(*at); }
int signed_byte(const std::byte* at) { return static_cast<int8_t>(*at); }

void expand_f32(std::span<const std::byte> from, std::span<float> to) {
  std::copy(from.begin(), from.end(), std::as_writable_bytes(to).begin());
}
void expand_f16(std::span<const std::byte> from, std::span<float> to) {
  for (size_t i = 0; i < to.size(); ++i) to[i] = half(&from[2 * i]);
}
void expand_bf16(std::span<const std::byte> from, std::span<float> to) {
  for (size_t i = 0; i < to.size(); ++i) to[i] = from_bfloat16(load_le<uint16_t>(from, 2 * i));
}

// block(bytes of one block, its floats)
template <size_t Elements, size_t Bytes, typename Block>
void each_block(std::span<const std::byte> from, std::span<float> to, Block block) {
  for (size_t i = 0; i < to.size() / Elements; ++i) block(&from[i * Bytes], &to[i * Elements]);
}

// Two elements per byte, the first half of the block in the low halves of the bytes; the fifth bit of element j is bit
// j of high.
template <bool FifthBit>
unsigned quant(const std::byte* quants, uint32_t high, size_t j) {
  const unsigned low = j < kSmall / 2 ? byte(quants + j) & 15 : byte(quants + j - kSmall / 2) >> 4;
  return FifthBit ? low | (high >> j & 1) << 4 : low;
}

// d, [m], [fifth bits], quants
template <bool Minimum, bool FifthBit>
void expand_small(std::span<const std::byte> from, std::span<float> to) {
  static constexpr size_t kHead = Minimum ? 4 : 2, kQuants = kHead + (FifthBit ? 4 : 0);
  static constexpr int kZero = Minimum ? 0 : FifthBit ? 16 : 8;
  each_block<kSmall, kQuants + kSmall / 2>(from, to, [](const std::byte* block, float* x) {
    const float d = half(block), m = Minimum ? half(block + 2) : 0;
    const uint32_t high = FifthBit ? load_le<uint32_t>({block + kHead, 4}) : 0;
    for (size_t j = 0; j < kSmall; ++j) {
      const float scaled = d * static_cast<float>(static_cast<int>(quant<FifthBit>(block + kQuants, high, j)) - kZero);
      x[j] = Minimum ? scaled + m : scaled;
    }
  });
}

void expand_q8_0(std::span<const std::byte> from, std::span<float> to) {
  each_block<kSmall, 34>(from, to, [](const std::byte* block, float* x) {
    const float d = half(block);
    for (size_t j = 0; j < kSmall; ++j) x[j] = d * static_cast<float>(signed_byte(block + 2 + j));
  });
}

// Eight 6-bit scales and eight 6-bit minima in twelve bytes: the first four of each in the low bits of bytes 0-3 and
// 4-7, the others split between bytes 8-11 and the two upper bits of those.
struct ScaleAndMin {
  unsigned scale, min;
};
ScaleAndMin scale_and_min(const std::byte* s, size_t j) {
  if (j < 4) return {byte(s + j) & 63, byte(s + j + 4) & 63};
  return {(byte(s + j + 4) & 15) | byte(s + j - 4) >> 6 << 4, byte(s + j + 4) >> 4 | byte(s + j) >> 6 << 4};
}

// d, dmin, 12 bytes of scales, [32 bytes of fifth bits], 128 bytes of quants: 32 bytes hold one run of 32 in their low
// halves and the next in their upper ones.
template <bool FifthBit>
void expand_k(std::span<const std::byte> from, std::span<float> to) {
  static constexpr size_t kHigh = 16, kQuants = kHigh + (FifthBit ? 32 : 0);
  each_block<kSuper, kQuants + 128>(from, to, [](const std::byte* block, float* x) {
    const float d = half(block), dmin = half(block + 2);
    for (size_t run = 0; run < 8; ++run) {
      const ScaleAndMin s = scale_and_min(block + 4, run);
      const float scale = d * static_cast<float>(s.scale), min = dmin * static_cast<float>(s.min);
      const std::byte* quants = block + kQuants + run / 2 * 32;
      for (size_t j = 0; j < 32; ++j) {
        unsigned q = byte(quants + j) >> (run % 2 * 4) & 15;
        if (FifthBit) q |= (byte(block + kHigh + j) >> run & 1) << 4;
        const float scaled = scale * static_cast<float>(q);
        x[run * 32 + j] = scaled - min;
      }
    }
  });
}

// 128 bytes of low quant bits, 64 of high ones, 16 scales, d; in two halves of 128 elements, each of four runs of 32.
void expand_q6_k(std::span<const std::byte> from, std::span<float> to) {
  each_block<kSuper, 210>(from, to, [](const std::byte* block, float* x) {
    const float d = half(block + 208);
    for (size_t i = 0; i < kSuper; ++i) {
      const size_t part = i / 128, run = i % 128 / 32, j = i % 32;
      const unsigned low = byte(block + part * 64 + run % 2 * 32 + j) >> (run / 2 * 4) & 15;
      const unsigned high = byte(block + 128 + part * 32 + j) >> (run * 2) & 3;
      const float scale = d * static_cast<float>(signed_byte(block + 192 + i / 16));
      x[i] = scale * static_cast<float>(static_cast<int>(low | high << 4) - 32);
    }
  });
}

constexpr GgufType kTypes[] = {
    {0, "F32", 1, 4, expand_f32},
    {1, "F16", 1, 2, expand_f16},
    {2, "Q4_0", 32, 18, expand_small<false, false>},
    {3, "Q4_1", 32, 20, expand_small<true, false>},
    {6, "Q5_0", 32, 22, expand_small<false, true>},
    {7, "Q5_1", 32, 24, expand_small<true, true>},
    {8, "Q8_0", 32, 34, expand_q8_0},
    {10, "Q2_K", 256, 84, nullptr},
    {11, "Q3_K", 256, 110, nullptr},
    {12, "Q4_K", 256, 144, expand_k<false>},
    {13, "Q5_K", 256, 176, expand_k<true>},
    {14, "Q6_K", 256, 210, expand_q6_k},
    {16, "IQ2_XXS", 256, 66, nullptr},
    {17, "IQ2_XS", 256, 74, nullptr},
    {18, "IQ3_XXS", 256, 98, nullptr},
    {19, "IQ1_S", 256, 50, nullptr},
    {20, "IQ4_NL", 32, 18, nullptr},
    {21, "IQ3_S", 256, 110, nullptr},
    {22, "IQ2_S", 256, 82, nullptr},
    {23, "IQ4_XS", 256, 136, nullptr},
    {24, "I8", 1, 1, nullptr},
    {25, "I16", 1, 2, nullptr},
    {26, "I32", 1, 4, nullptr},
    {27, "I64", 1, 8, nullptr},
    {28, "F64", 1, 8, nullptr},
    {29, "IQ1_M", 256, 56, nullptr},
    {30, "BF16", 1, 2, expand_bf16},
    {34, "TQ1_0", 256, 54, nullptr},
    {35, "TQ2_0", 256, 66, nullptr},
    {39, "MXFP4", 32, 17, nullptr},
};

}  // namespace

const GgufType* find_gguf_type(uint32_t id) {
  const auto found = std::ranges::find(kTypes, id, &GgufType::id);
  return found == std::end(kTypes) ? nullptr : found;
}

}  // namespace hrm
