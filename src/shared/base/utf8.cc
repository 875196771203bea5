#include "base/utf8.h"

#include <utf8proc.h>

#include <cassert>

namespace hrm {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

utf8proc_category_t category(char32_t value) { return utf8proc_category(static_cast<utf8proc_int32_t>(value)); }

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// How a sequence continues, by its first byte: continuation bytes, and the range of the first of them, which excludes
// overlong forms, surrogates and values beyond U+10FFFF (Unicode, table 3-7).
struct Lead {
  size_t continuations = 0;  // 0: no valid first byte of a longer sequence
  unsigned char low = 0x80, high = 0xBF;
};

Lead lead_of(unsigned char first) {
  if (first >= 0xC2 && first <= 0xDF) return {.continuations = 1};
  if (first == 0xE0) return {.continuations = 2, .low = 0xA0};
  if (first == 0xED) return {.continuations = 2, .high = 0x9F};
  if (first >= 0xE1 && first <= 0xEF) return {.continuations = 2};
  if (first == 0xF0) return {.continuations = 3, .low = 0x90};
  if (first >= 0xF1 && first <= 0xF3) return {.continuations = 3};
  if (first == 0xF4) return {.continuations = 3, .high = 0x8F};
  return {};
}

constexpr char32_t kSigma = 0x3A3;  // at the end of a word its lower case is another letter

// Unicode, section 3.13, by general category alone.
bool is_cased(char32_t value) {
  const utf8proc_category_t kind = category(value);
  return kind == UTF8PROC_CATEGORY_LU || kind == UTF8PROC_CATEGORY_LL || kind == UTF8PROC_CATEGORY_LT;
}
bool is_case_ignorable(char32_t value) {
  const utf8proc_category_t kind = category(value);
  const bool mark = kind == UTF8PROC_CATEGORY_MN || kind == UTF8PROC_CATEGORY_ME || kind == UTF8PROC_CATEGORY_CF ||
                    kind == UTF8PROC_CATEGORY_LM || kind == UTF8PROC_CATEGORY_SK;
  return mark || value == '\'' || value == '.' || value == ':' || value == 0xB7 || value == 0x2019;
}
bool begins_in_word(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    if (!is_case_ignorable(point.value)) return is_cased(point.value);
    text.remove_prefix(point.size);
  }
  return false;
}

bool ends_in_word(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = decode_last_utf8(text);
    if (!is_case_ignorable(point.value)) return is_cased(point.value);
    text.remove_suffix(point.size);
  }
  return false;
}

}  // namespace

CodePoint decode_utf8(std::string_view text) {
  assert(!text.empty());
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {.value = first, .size = 1, .valid = true};
  const Lead lead = lead_of(first);
  char32_t value = first & (0x3F >> lead.continuations);
  size_t size = 1;
  for (; size <= lead.continuations && size < text.size(); ++size) {
    const auto next = static_cast<unsigned char>(text[size]);
    const bool fits = size == 1 ? next >= lead.low && next <= lead.high : is_continuation(text[size]);
    if (!fits) break;
    value = value << 6 | (next & 0x3F);
  }
  if (lead.continuations == 0 || size <= lead.continuations) return {.value = kReplacement, .size = size};
  return {.value = value, .size = size, .valid = true};
}

CodePoint decode_last_utf8(std::string_view text) {
  assert(!text.empty());
  for (size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    if (is_continuation(text[text.size() - size])) continue;
    const CodePoint point = decode_utf8(text.substr(text.size() - size));
    if (point.size == size) return point;
    break;
  }
  return decode_utf8(text.substr(text.size() - 1));
}

void append_utf8(std::string& to, char32_t value) {
  if (!utf8proc_codepoint_valid(static_cast<utf8proc_int32_t>(value))) value = kReplacement;
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(value), bytes);
  to.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    if (!point.valid) return false;
    text.remove_prefix(point.size);
  }
  return true;
}

std::string to_valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    append_utf8(valid, point.value);
    text.remove_prefix(point.size);
  }
  return valid;
}

bool is_space(char32_t value) {
  // Category Z, and the control characters that Unicode counts as separators (bidirectional classes WS, B, S).
  if (value < 0x80) return value == ' ' || (value >= 0x09 && value <= 0x0D) || (value >= 0x1C && value <= 0x1F);
  if (value == 0x85) return true;
  const utf8proc_category_t kind = category(value);
  return kind == UTF8PROC_CATEGORY_ZS || kind == UTF8PROC_CATEGORY_ZL || kind == UTF8PROC_CATEGORY_ZP;
}

bool is_digit(char32_t value) {
  if (value < 0x80) return value >= '0' && value <= '9';
  return category(value) == UTF8PROC_CATEGORY_ND;
}

int digit_value(char32_t value) {
  assert(is_digit(value));
  if (value < 0x80) return static_cast<int>(value - '0');
  // Mathematical digits: five runs of ten that touch each other.
  if (value >= 0x1D7CE && value <= 0x1D7FF) return static_cast<int>((value - 0x1D7CE) % 10);
  // Everywhere else a script's digits are ten neighbors that no other digit touches from below.
  int digit = 0;
  while (digit < 9 && is_digit(value - static_cast<char32_t>(digit) - 1)) ++digit;
  return digit;
}

bool is_letter(char32_t value) {
  if (value < 0x80) return (value >= 'a' && value <= 'z') || (value >= 'A' && value <= 'Z');
  const utf8proc_category_t kind = category(value);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

std::string lower(std::string_view text) {
  std::string lowered;
  lowered.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint point = decode_utf8(rest);
    const std::string_view before = text.substr(0, text.size() - rest.size());
    rest.remove_prefix(point.size);
    if (point.value < 0x80)
      lowered += static_cast<char>(point.value >= 'A' && point.value <= 'Z' ? point.value + 32 : point.value);
    else if (point.value == 0x130)
      lowered += "i\xCC\x87";  // the one capital whose lower case is two code points
    else if (point.value == kSigma)
      lowered += ends_in_word(before) && !begins_in_word(rest) ? "\u03C2" : "\u03C3";
    else if (point.valid)
      append_utf8(lowered, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(point.value))));
    else
      lowered += text.substr(before.size(), point.size);
  }
  return lowered;
}

std::string_view strip_left(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    if (!is_space(point.value)) break;
    text.remove_prefix(point.size);
  }
  return text;
}

std::string_view strip_right(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = decode_last_utf8(text);
    if (!is_space(point.value)) break;
    text.remove_suffix(point.size);
  }
  return text;
}

std::string_view strip(std::string_view text) { return strip_left(strip_right(text)); }

}  // namespace hrm
