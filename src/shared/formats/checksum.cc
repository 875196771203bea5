#include "formats/checksum.h"

#include <array>

#include "formats/bytes.h"

namespace hrm {
namespace {

// tables[k][b]: the remainder of byte b followed by k zero bytes, so that eight bytes are taken in one step.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables(uint32_t polynomial) {
  Tables tables{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t r = b;
    for (int bit = 0; bit < 8; ++bit) r = (r >> 1) ^ ((r & 1) ? polynomial : 0);
    tables[0][b] = r;
  }
  for (size_t k = 1; k < 8; ++k)
    for (size_t b = 0; b < 256; ++b) tables[k][b] = (tables[k - 1][b] >> 8) ^ tables[0][tables[k - 1][b] & 0xff];
  return tables;
}

uint32_t remainder(const Tables& t, std::span<const std::byte> bytes) {
  uint32_t r = 0xffffffffu;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    const uint64_t eight = load_le<uint64_t>(bytes, i) ^ r;
    r = 0;
    for (size_t k = 0; k < 8; ++k) r ^= t[7 - k][(eight >> (8 * k)) & 0xff];
  }
  for (; i < bytes.size(); ++i) r = (r >> 8) ^ t[0][(r ^ static_cast<uint32_t>(bytes[i])) & 0xff];
  return ~r;
}

}  // namespace

uint32_t crc32(std::span<const std::byte> bytes) {
  static constexpr Tables kTables = make_tables(0xedb88320u);
  return remainder(kTables, bytes);
}

uint32_t crc32c(std::span<const std::byte> bytes) {
  static constexpr Tables kTables = make_tables(0x82f63b78u);
  return remainder(kTables, bytes);
}

}  // namespace hrm
