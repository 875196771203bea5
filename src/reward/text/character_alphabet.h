// The alphabet in which SentencePiece-like vocabularies are written: characters, a blank as U+2581 "▁"; and the names
// of tokens that stand for a byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hrm::text {

inline constexpr std::string_view kBlankMark = "\xe2\x96\x81";  // U+2581

std::string with_blanks(std::string_view text);  // marks as blanks

std::string byte_token(uint8_t byte);                               // "<0x0A>"
std::optional<uint8_t> byte_of_byte_token(std::string_view token);  // nullopt for others

}  // namespace hrm::text
