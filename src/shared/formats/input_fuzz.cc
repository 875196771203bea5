// Any bytes as a compressed file: a refusal or a text, in bounded time and memory.
#include "formats/bytes.h"
#include "formats/decoder.h"
#include "formats/testing/fuzz.h"
#include "formats/zip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return hrm::fuzz_reader(data, size, [](std::span<const std::byte> bytes) {
    const auto unpack = [](std::unique_ptr<hrm::Decoder> decoder, std::string_view text) {
      if (!decoder) return;
      std::string room(1 << 16, '\0');
      size_t total = 0;
      for (hrm::Decoder::Step step; total < (size_t{1} << 22); text.remove_prefix(step.taken)) {
        step = decoder->step(text, room);
        hrm::fuzz_require(step.taken <= text.size() && step.written <= room.size());
        total += step.written;
        if (text.empty() && step.written == 0) return;
        if (step.taken == 0 && step.written == 0) return;
      }
    };
    unpack(hrm::decoder_for(hrm::as_text(bytes), "fuzz"), hrm::as_text(bytes));
    for (const hrm::PackedZipEntry& entry : hrm::list_zip(bytes, "fuzz"))
      if (entry.deflated) unpack(hrm::deflate_decoder("fuzz"), hrm::as_text(entry.packed));
  });
}
