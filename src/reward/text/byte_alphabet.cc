#include "text/byte_alphabet.h"

#include <array>

#include "base/utf8.h"

namespace hrm::text {
namespace {

constexpr size_t kCharacters = 0x144;  // U+0000 to the last that stands for a byte

struct Alphabet {
  std::array<char32_t, 256> character;
  std::array<int, kCharacters> byte;  // -1: none

  Alphabet() {
    byte.fill(-1);
    char32_t next = 0x100;
    for (unsigned b = 0; b < 256; ++b) {
      const bool printable = (b > 0x20 && b < 0x7f) || (b > 0xa0 && b != 0xad);
      character[b] = printable ? b : next++;
      byte[character[b]] = static_cast<int>(b);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet the;
  return the;
}

}  // namespace

std::string to_byte_alphabet(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) append_utf8(text, alphabet().character[static_cast<unsigned char>(c)]);
  return text;
}

std::optional<std::string> from_byte_alphabet(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const CodePoint c = decode_utf8(text);
    if (c.value >= kCharacters || alphabet().byte[c.value] < 0) return std::nullopt;
    bytes += static_cast<char>(alphabet().byte[c.value]);
    text.remove_prefix(c.size);
  }
  return bytes;
}

}  // namespace hrm::text
