#include "base/json.h"

#include "formats/bytes.h"
#include "formats/testing/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return hrm::fuzz_reader(data, size, [](std::span<const std::byte> bytes) {
    // Values that were read and written read back the same.
    const std::string text = hrm::printable(hrm::parse_json(hrm::as_text(bytes), "fuzz"));
    hrm::fuzz_require(hrm::printable(hrm::parse_json(text, "fuzz")) == text);
  });
}
