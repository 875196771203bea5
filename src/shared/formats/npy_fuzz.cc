#include "formats/npy.h"

#include "formats/testing/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return hrm::fuzz_reader(data, size, [](std::span<const std::byte> bytes) {
    const hrm::HostTensor array = hrm::parse_npy(bytes, "fuzz");
    hrm::fuzz_require(array.bytes().size() < bytes.size());
  });
}
