// UTF-8 text, and the character classes of Unicode as Python's str methods and regular expressions see them: what the
// authors' programs clean and compare text with.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hrm {

struct CodePoint {
  char32_t value = 0;
  size_t size = 0;     // bytes taken from the text, at least 1
  bool valid = false;  // false: value is U+FFFD for a byte sequence that is not UTF-8 (its maximal prefix is taken)
};

// The code point at the start of the text. REQUIRES: text is not empty.
CodePoint decode_utf8(std::string_view text);
// The code point at the end of the text; of a faulty end its last byte. REQUIRES: text is not empty.
CodePoint decode_last_utf8(std::string_view text);
// Appends the code point; one that Unicode does not have (surrogates, beyond U+10FFFF) becomes U+FFFD.
void append_utf8(std::string& to, char32_t value);
bool is_valid_utf8(std::string_view text);
// Faulty sequences replaced by U+FFFD, as Python's errors="replace" does.
std::string to_valid_utf8(std::string_view text);

bool is_space(char32_t value);             // str.isspace(), \s
bool is_digit(char32_t value);             // \d: decimal digits of any script (category Nd)
int digit_value(char32_t value);           // 0 to 9. REQUIRES: is_digit(value)
bool is_letter(char32_t value);            // str.isalpha(): categories L*
std::string lower(std::string_view text);  // str.lower(), final sigma too; other bytes are kept

std::string_view strip(std::string_view text);  // str.strip(): is_space() characters at both ends
std::string_view strip_left(std::string_view text);
std::string_view strip_right(std::string_view text);

}  // namespace hrm
