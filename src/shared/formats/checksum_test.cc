#include "formats/checksum.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "formats/bytes.h"

namespace hrm {
namespace {

// Bit by bit, the definition.
uint32_t slow(std::span<const std::byte> bytes, uint32_t polynomial) {
  uint32_t r = 0xffffffffu;
  for (std::byte b : bytes) {
    r ^= static_cast<uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) r = (r >> 1) ^ ((r & 1) ? polynomial : 0);
  }
  return ~r;
}

TEST(Checksum, KnownValues) {
  EXPECT_EQ(crc32(bytes_of("123456789")), 0xcbf43926u);
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8a9136aau);  // RFC 3720, B.4
  EXPECT_EQ(crc32({}), 0u);
}

TEST(Checksum, EqualsTheDefinitionOnEveryTail) {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(crc32(bytes_of(text)), slow(bytes_of(text), 0xedb88320u)) << i;
    EXPECT_EQ(crc32c(bytes_of(text)), slow(bytes_of(text), 0x82f63b78u)) << i;
    text += static_cast<char>(i * 37);
  }
}

}  // namespace
}  // namespace hrm
