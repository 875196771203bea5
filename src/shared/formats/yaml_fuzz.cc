#include "formats/yaml.h"

#include "formats/bytes.h"
#include "formats/testing/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return hrm::fuzz_reader(
      data, size, [](std::span<const std::byte> bytes) { hrm::to_yaml(hrm::parse_yaml(hrm::as_text(bytes), "fuzz")); });
}
