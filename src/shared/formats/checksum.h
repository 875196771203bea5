// Cyclic redundancy checks of 32 bits, reflected, initial value and final inversion 0xffffffff.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace hrm {

uint32_t crc32(std::span<const std::byte> bytes);   // IEEE 802.3, polynomial 0xedb88320: zip
uint32_t crc32c(std::span<const std::byte> bytes);  // Castagnoli, polynomial 0x82f63b78: TFRecord

}  // namespace hrm
