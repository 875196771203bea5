#include "formats/safetensors.h"

#include "formats/testing/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return hrm::fuzz_reader(data, size, [](std::span<const std::byte> bytes) {
    size_t total = 0;
    for (const auto& [name, tensor] : hrm::parse_safetensors(bytes, "fuzz").tensors) total += tensor.bytes().size();
    hrm::fuzz_require(total < bytes.size());
  });
}
