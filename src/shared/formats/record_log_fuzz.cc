#include "formats/bytes.h"
#include "formats/checksum.h"
#include "formats/record_log.h"
#include "formats/testing/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return hrm::fuzz_reader(data, size, [](std::span<const std::byte> bytes) {
    uint64_t behind = 0;
    const hrm::RecordLogReport report =
        hrm::read_record_log(bytes, "FUZZLOG1", "fuzz", [&](std::span<const std::byte> payload, uint64_t at) {
          hrm::fuzz_require(at >= behind && at + payload.size() <= bytes.size());
          behind = at + payload.size();
        });
    hrm::fuzz_require(report.whole_bytes <= bytes.size() && report.damaged_bytes <= bytes.size());
  });
}
