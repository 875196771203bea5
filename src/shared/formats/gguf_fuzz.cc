#include "formats/gguf.h"

#include "formats/testing/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return hrm::fuzz_reader(data, size, [&](std::span<const std::byte> bytes) {
    const hrm::Gguf file(bytes, "fuzz");
    uint64_t total = 0;
    for (const auto& [name, info] : file.tensors()) {
      total += info.bytes;
      hrm::fuzz_reader(data, size, [&](auto) { file.load(name, hrm::DType::kF32); });  // some types are refused
    }
    hrm::fuzz_require(total < size);
  });
}
