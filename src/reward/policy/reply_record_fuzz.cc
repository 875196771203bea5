#include "formats/bytes.h"
#include "formats/record_log.h"
#include "formats/testing/fuzz.h"
#include "policy/reply_record.h"

// A whole cache file: every record that is read is written back the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hrm::policy;
  return hrm::fuzz_reader(data, size, [](std::span<const std::byte> bytes) {
    hrm::read_record_log(bytes, kReplyLogKind, "fuzz", [](std::span<const std::byte> payload, uint64_t) {
      if (const auto record = decode_reply(payload)) {
        hrm::fuzz_require(encode_reply(record->key, record->response) == hrm::as_text(payload));
        hrm::fuzz_require(decode_reply_key(payload) == record->key);
      }
    });
    if (const auto record = decode_reply(bytes))  // without the log around it, which hides what is behind checksums
      hrm::fuzz_require(encode_reply(record->key, record->response) == hrm::as_text(bytes));
  });
}
