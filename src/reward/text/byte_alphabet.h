// The alphabet in which byte-level vocabularies are written: a printable character for every byte. Bytes that are
// printable in Latin-1 stand for themselves, the other 68 are U+0100, U+0101, ... in their order, so that a blank is
// "Ġ" (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hrm::text {

std::string to_byte_alphabet(std::string_view bytes);
// nullopt if a character is not of the alphabet. REQUIRES: valid UTF-8.
std::optional<std::string> from_byte_alphabet(std::string_view text);

}  // namespace hrm::text
