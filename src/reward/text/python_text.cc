#include "text/python_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/utf8.h"

namespace hrm::text::python {
namespace {

utf8proc_category_t category(char32_t value) { return utf8proc_category(static_cast<utf8proc_int32_t>(value)); }

void append_upper(std::string& to, char32_t value) {
  const auto c = static_cast<utf8proc_int32_t>(value);
  // Characters whose capital is more than one (ß, ligatures) are the ones that folding case takes apart.
  utf8proc_int32_t folded[8];
  int boundary = 0;
  const auto size = utf8proc_decompose_char(c, folded, 8, UTF8PROC_CASEFOLD, &boundary);
  if (size > 1 && size <= 8 && category(value) != UTF8PROC_CATEGORY_LU) {
    for (int i = 0; i < size; ++i) append_utf8(to, static_cast<char32_t>(utf8proc_toupper(folded[i])));
  } else {
    append_utf8(to, static_cast<char32_t>(utf8proc_toupper(c)));
  }
}

void append_title(std::string& to, char32_t value) {
  const auto c = static_cast<utf8proc_int32_t>(value);
  std::string capital;
  append_upper(capital, value);
  const std::string_view first = std::string_view(capital).substr(0, decode_utf8(capital).size);
  if (first.size() == capital.size()) {
    append_utf8(to, static_cast<char32_t>(utf8proc_totitle(c)));
  } else {
    to += first;
    to += lower(std::string_view(capital).substr(first.size()));
  }
}

bool cased(char32_t value) {
  const auto kind = category(value);
  return kind == UTF8PROC_CATEGORY_LU || kind == UTF8PROC_CATEGORY_LL || kind == UTF8PROC_CATEGORY_LT;
}

template <typename Visit>
void each(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    visit(point.value, text.substr(0, point.size));
    text.remove_prefix(point.size);
  }
}

bool is_printable(char32_t value) {
  if (value == ' ') return true;
  switch (category(value)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_ZS:
      return false;
    default:
      return true;
  }
}

bool is_break(char32_t value) {
  return (value >= 0x0a && value <= 0x0d) || (value >= 0x1c && value <= 0x1e) || value == 0x85 || value == 0x2028 ||
         value == 0x2029;
}

// The last character.
std::string_view back_of(std::string_view text) { return text.substr(text.size() - decode_last_utf8(text).size); }

bool is_member(char32_t value, Class kind) {
  const auto group = category(value);
  const bool other_number = group == UTF8PROC_CATEGORY_NO || group == UTF8PROC_CATEGORY_NL;
  switch (kind) {
    case Class::kAlpha:
      return is_letter(value);
    case Class::kAlnum:
      return is_letter(value) || is_digit(value) || other_number;
    case Class::kDecimal:
      return is_digit(value);
    case Class::kDigit:  // superscripts and circled digits, too
      return is_digit(value) || value == 0xB2 || value == 0xB3 || value == 0xB9 ||
             (value >= 0x2070 && value <= 0x2089 && other_number) || (value >= 0x2460 && value <= 0x2468);
    case Class::kNumeric:
      return is_digit(value) || other_number;
    case Class::kSpace:
      return is_space(value);
    case Class::kAscii:
      return value < 128;
    case Class::kPrintable:
      return is_printable(value);
    default:
      return false;
  }
}

}  // namespace

size_t length(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Parts characters(std::string_view text) {
  Parts parts;
  each(text, [&](char32_t, std::string_view part) { parts.push_back(part); });
  return parts;
}

size_t byte_of(std::string_view text, size_t character) {
  size_t at = 0;
  for (; character > 0 && at < text.size(); --character) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

std::string repr(std::string_view text) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  each(text, [&](char32_t value, std::string_view part) {
    constexpr std::string_view kMarks = "\\\n\r\t", kNames = "\\nrt";
    const size_t mark = value < 128 ? kMarks.find(static_cast<char>(value)) : std::string_view::npos;
    if (value == static_cast<char32_t>(quote))
      out.append({'\\', quote});
    else if (mark != std::string_view::npos)
      out.append({'\\', kNames[mark]});
    else if (is_printable(value))
      out += part;
    else if (value < 0x100)
      out += fmt::format("\\x{:02x}", static_cast<uint32_t>(value));
    else if (value < 0x10000)
      out += fmt::format("\\u{:04x}", static_cast<uint32_t>(value));
    else
      out += fmt::format("\\U{:08x}", static_cast<uint32_t>(value));
  });
  return out + quote;
}

std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string shortest(buffer, end);
  const size_t e = shortest.find('e');
  const int exponent = std::stoi(shortest.substr(e + 1));
  if (exponent < -4 || exponent >= 16) return shortest;  // 1e+16 and 1e-05, as Python writes them
  const auto fixed_end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  std::string fixed(buffer, fixed_end);
  return fixed.find('.') == std::string::npos ? fixed + ".0" : fixed;
}

std::string upper(std::string_view text) {
  std::string out;
  each(text, [&](char32_t value, std::string_view) { append_upper(out, value); });
  return out;
}

std::string capitalize(std::string_view text) {
  if (text.empty()) return "";
  const CodePoint first = decode_utf8(text);
  std::string out;
  append_title(out, first.value);
  // Lowered together with the preceding text: a sigma at the end of a word becomes another letter.
  const std::string all = lower(text);
  return out + all.substr(lower(text.substr(0, first.size)).size());
}

std::string title(std::string_view text) {
  std::string out;
  bool inside = false;
  each(text, [&](char32_t value, std::string_view part) {
    if (inside)
      out += lower(part);
    else
      append_title(out, value);
    inside = cased(value);
  });
  return out;
}

std::string swap_case(std::string_view text) {
  std::string out;
  each(text, [&](char32_t value, std::string_view part) {
    if (category(value) == UTF8PROC_CATEGORY_LU)
      out += lower(part);
    else
      append_upper(out, value);
  });
  return out;
}

std::string_view strip(std::string_view text, std::optional<std::string_view> of, bool left, bool right) {
  if (!of) {
    if (left) text = hrm::strip_left(text);
    return right ? hrm::strip_right(text) : text;
  }
  const Parts members = characters(*of);
  const auto member = [&](std::string_view c) { return std::ranges::find(members, c) != members.end(); };
  while (left && !text.empty() && member(text.substr(0, decode_utf8(text).size)))
    text.remove_prefix(decode_utf8(text).size);
  while (right && !text.empty() && member(back_of(text))) text.remove_suffix(back_of(text).size());
  return text;
}

Parts split_blanks(std::string_view text, size_t most) {
  Parts parts;
  for (text = strip_left(text); !text.empty(); text = strip_left(text)) {
    if (parts.size() == most) {
      parts.push_back(strip_right(text));
      break;
    }
    size_t end = 0;
    while (end < text.size() && !is_space(decode_utf8(text.substr(end)).value))
      end += decode_utf8(text.substr(end)).size;
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return parts;
}

Parts split_blanks_right(std::string_view text, size_t most) {
  Parts parts;
  for (text = strip_right(text); !text.empty(); text = strip_right(text)) {
    if (parts.size() == most) {
      parts.push_back(strip_left(text));
      break;
    }
    size_t begin = text.size();
    while (begin > 0) {
      const CodePoint last = decode_last_utf8(text.substr(0, begin));
      if (is_space(last.value)) break;
      begin -= last.size;
    }
    parts.push_back(text.substr(begin));
    text = text.substr(0, begin);
  }
  std::ranges::reverse(parts);
  return parts;
}

Parts split(std::string_view text, std::string_view by, size_t most) {
  Parts parts;
  for (size_t at; parts.size() < most && (at = text.find(by)) != std::string_view::npos;
       text.remove_prefix(at + by.size()))
    parts.push_back(text.substr(0, at));
  parts.push_back(text);
  return parts;
}

Parts split_right(std::string_view text, std::string_view by, size_t most) {
  Parts parts;
  for (size_t at; parts.size() < most && (at = text.rfind(by)) != std::string_view::npos; text = text.substr(0, at))
    parts.push_back(text.substr(at + by.size()));
  parts.push_back(text);
  std::ranges::reverse(parts);
  return parts;
}

Parts split_lines(std::string_view text, bool keep_ends) {
  Parts parts;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text.substr(at));
    const size_t end = at;
    at += point.size;
    if (!is_break(point.value)) continue;
    if (point.value == '\r' && at < text.size() && text[at] == '\n') ++at;
    parts.push_back(text.substr(begin, (keep_ends ? at : end) - begin));
    begin = at;
  }
  if (begin < text.size()) parts.push_back(text.substr(begin));
  return parts;
}

std::string replace(std::string_view text, std::string_view what, std::string_view with, size_t most) {
  std::string out;
  if (what.empty()) {  // before every character, and at the end
    for (const std::string_view part : characters(text)) {
      if (most > 0) out += with;
      if (most > 0 && most != kAll) --most;
      out += part;
    }
    return most > 0 ? out.append(with) : out;
  }
  for (size_t at; most > 0 && (at = text.find(what)) != std::string_view::npos; text.remove_prefix(at + what.size())) {
    out.append(text.substr(0, at)).append(with);
    if (most != kAll) --most;
  }
  return out.append(text);
}

size_t count(std::string_view text, std::string_view what) {
  if (what.empty()) return length(text) + 1;
  size_t found = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; at += what.size()) ++found;
  return found;
}

bool is_class(std::string_view text, Class kind) {
  if (text.empty()) return kind == Class::kAscii || kind == Class::kPrintable;
  bool all = true, any_cased = false, inside = false;
  each(text, [&](char32_t value, std::string_view) {
    const auto group = category(value);
    const bool is_upper = group == UTF8PROC_CATEGORY_LU || group == UTF8PROC_CATEGORY_LT;
    if (kind == Class::kLower || kind == Class::kUpper) {
      const auto wanted = kind == Class::kLower ? UTF8PROC_CATEGORY_LL : UTF8PROC_CATEGORY_LU;
      any_cased = any_cased || group == wanted;
      all = all && (!cased(value) || group == wanted);
    } else if (kind == Class::kTitle) {
      any_cased = any_cased || cased(value);
      all = all && (!cased(value) || is_upper != inside);
      inside = cased(value);
    } else {
      any_cased = true;
      all = all && is_member(value, kind);
    }
  });
  return all && any_cased;
}

}  // namespace hrm::text::python
