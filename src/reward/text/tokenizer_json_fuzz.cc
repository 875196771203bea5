// Any bytes as a tokenizer.json: refused, or a tokenizer that encodes and decodes without harm.
#include <cstdint>

#include "base/error.h"
#include "text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const hrm::text::Tokenizer tokenizer(hrm::text::parse_tokenizer_json(bytes, "fuzz"), "fuzz");
    tokenizer.decode(tokenizer.encode(bytes.substr(0, 200)));
    tokenizer.decode(tokenizer.encode("Hello <s> world's  12345\n\n\xe2\x82"), hrm::text::Specials::kDrop);
  } catch (const hrm::Error&) {
  }
  return 0;
}
