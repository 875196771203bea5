#include "text/character_alphabet.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace hrm::text {
std::string with_blanks(std::string_view text) {
  std::string blanks;
  for (size_t at = 0; at < text.size();) {
    const size_t mark = std::min(text.find(kBlankMark, at), text.size());
    blanks += text.substr(at, mark - at);
    if (mark < text.size()) blanks += ' ';
    at = mark + kBlankMark.size();
  }
  return blanks;
}

std::string byte_token(uint8_t byte) { return fmt::format("<0x{:02X}>", byte); }

std::optional<uint8_t> byte_of_byte_token(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  uint8_t byte = 0;
  const auto [end, error] = std::from_chars(token.data() + 3, token.data() + 5, byte, 16);
  if (error != std::errc() || end != token.data() + 5 || byte_token(byte) != token) return std::nullopt;
  return byte;
}

}  // namespace hrm::text
