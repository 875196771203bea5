// Python's str methods and number formatting, on UTF-8. Positions and lengths count code points.
//
// REQUIRES of all: valid UTF-8 (base/utf8.h: to_valid_utf8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hrm::text::python {

using Parts = std::vector<std::string_view>;
constexpr size_t kAll = static_cast<size_t>(-1);

size_t length(std::string_view text);
Parts characters(std::string_view text);
// The byte offset of the character with that number; text.size() beyond the end.
size_t byte_of(std::string_view text, size_t character);

std::string repr(std::string_view text);
std::string float_repr(double value);  // 1.0, 0.1, 1e+16, nan

std::string upper(std::string_view text);
std::string capitalize(std::string_view text);
std::string title(std::string_view text);  // str.title()
std::string swap_case(std::string_view text);

// strip, lstrip, rstrip: of these characters, or of white space.
std::string_view strip(std::string_view text, std::optional<std::string_view> of, bool left, bool right);
Parts split_blanks(std::string_view text, size_t most);
Parts split_blanks_right(std::string_view text, size_t most);
// REQUIRES: by is not empty.
Parts split(std::string_view text, std::string_view by, size_t most);
Parts split_right(std::string_view text, std::string_view by, size_t most);
Parts split_lines(std::string_view text, bool keep_ends);
std::string replace(std::string_view text, std::string_view what, std::string_view with, size_t most);
size_t count(std::string_view text, std::string_view what);

enum class Class { kAlpha, kAlnum, kDecimal, kDigit, kNumeric, kSpace, kLower, kUpper, kAscii, kTitle, kPrintable };
// isalpha() and so on.
bool is_class(std::string_view text, Class kind);

}  // namespace hrm::text::python
