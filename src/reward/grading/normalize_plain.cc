#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/utf8.h"
#include "grading/latex_text.h"
#include "grading/normalize.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

constexpr std::string_view kUnits[] = {"degree", "cm",   "centimeter", "meter", "mile", "second", "minute", "hour",
                                       "day",    "week", "month",      "year",  "foot", "feet",   "inch",   "yard"};

// An enclosing \text{...}: `$` of the pattern also matches before a last line break.
void remove_text(std::string& answer) {
  constexpr std::string_view kText = "\\text{";
  std::string_view body = answer;
  if (!body.starts_with(kText)) return;
  if (body.ends_with('\n')) body.remove_suffix(1);
  if (body.size() <= kText.size() + 1 || !body.ends_with('}') || body.find('\n') != kNowhere) return;
  answer = std::string(body.substr(kText.size(), body.size() - kText.size() - 1));
}

// The unit, a plural ending, and "^2" after it; also inside words.
void remove_unit(std::string& text, std::string_view unit) {
  size_t at = text.find(unit);
  if (at == kNowhere) return;
  std::string kept;
  size_t done = 0;
  for (; at != kNowhere; at = text.find(unit, done)) {
    kept.append(text, done, at - done);
    done = at + unit.size();
    if (text.compare(done, 2, "es") == 0) done += 2;
    if (done < text.size() && text[done] == 's') ++done;
    done = std::min(text.find_first_not_of(' ', done), text.size());
    if (done < text.size() && text[done] == '^') {
      const size_t digits = std::min(text.find_first_not_of("0123456789", done + 1), text.size());
      if (digits > done + 1) done = digits;
    }
  }
  kept.append(text, done);
  text = std::move(kept);
}

// `first` any number of blanks `last`, removed.
void remove_around_blanks(std::string& text, std::string_view first, std::string_view last) {
  for (size_t at = text.find(first); at != kNowhere;) {
    const size_t blanks = std::min(text.find_first_not_of(' ', at + first.size()), text.size());
    if (text.compare(blanks, last.size(), last) == 0) {
      text.erase(at, blanks + last.size() - at);
      at = text.find(first, at);
    } else {
      at = text.find(first, at + 1);
    }
  }
}

// "- 3" becomes "-3".
void join_minus(std::string& text) {
  size_t to = 0;
  bool after_minus = false;
  for (const char c : text) {
    if (after_minus && c == ' ') continue;
    after_minus = c == '-';
    text[to++] = c;
  }
  text.resize(to);
}

// "3 1/2" becomes "3+1/2"; a digit that ended one such place does not begin the next.
void add_mixed_numbers(std::string& text) {
  for (size_t at = 1; at < text.size();) {
    at = text.find(' ', at);
    if (at == kNowhere) return;
    const size_t blanks_end = text.find_first_not_of(' ', at);
    if (blanks_end == kNowhere) return;
    if (is_ascii_digit(text[at - 1]) && is_ascii_digit(text[blanks_end])) {
      text.replace(at, blanks_end - at, 1, '+');
      at += 3;
    } else {
      at = blanks_end + 1;
    }
  }
}

std::optional<std::string> latex_as_text(std::string_view answer) {
  std::string latex(answer);
  replace_all(latex, "\\tfrac", "\\frac");
  replace_all(latex, "\\dfrac", "\\frac");
  replace_all(latex, "\\frac", " \\frac");  // keeps mixed numbers apart
  auto text = latex_to_text(latex);
  if (!text) return std::nullopt;
  replace_all(*text, "√", "sqrt");
  replace_all(*text, "π", "pi");
  replace_all(*text, "∞", "inf");
  replace_all(*text, "∪", "U");
  replace_all(*text, "·", "*");
  replace_all(*text, "×", "*");
  return std::string(strip(*text));
}

// Bytes of the decimal digit at `at`, or before it; 0: there is none.
size_t digit_at(std::string_view text, size_t at) {
  if (at >= text.size()) return 0;
  const CodePoint point = decode_utf8(text.substr(at));
  return is_digit(point.value) ? point.size : 0;
}
size_t digit_before(std::string_view text, size_t at) {
  if (at == 0) return 0;
  const CodePoint point = decode_last_utf8(text.substr(0, at));
  return is_digit(point.value) ? point.size : 0;
}

// One pass of the pattern digit, comma, three digits, no digit: what one match took, the next cannot use, so that
// "1,234,567,890" becomes "1234,567890". nullopt: nothing matched.
std::optional<std::string> without_thousands_once(std::string_view text) {
  std::string kept;
  size_t done = 0;
  for (size_t comma = text.find(','); comma != kNowhere; comma = text.find(',', comma)) {
    const size_t before = digit_before(text, comma);
    size_t end = comma + 1, digits = 0;
    for (size_t size = digit_at(text, end); size > 0 && digits < 4; size = digit_at(text, end)) {
      end += size;
      ++digits;
    }
    if (before == 0 || comma - before < done || digits != 3) {
      ++comma;
      continue;
    }
    if (end < text.size()) end += decode_utf8(text.substr(end)).size;
    kept.append(text, done, comma - done).append(text, comma + 1, end - comma - 1);
    done = comma = end;
  }
  if (done == 0) return std::nullopt;
  return kept.append(text, done);
}

bool is_near_integer(double value) { return std::isfinite(value) && std::abs(value - std::nearbyint(value)) <= 1e-7; }

std::string integer_text(double value) { return fmt::format("{:.0f}", value == 0 ? 0.0 : value); }

void remove_words(std::string& text) {
  replace_all(text, "\\%", "%");
  replace_all(text, "\\$", "$");
  std::erase_if(text, [](char c) { return c == '$' || c == '%'; });
  replace_all(text, " or ", " , ");
  replace_all(text, " and ", " , ");
  replace_all(text, "million", "*10^6");
  replace_all(text, "billion", "*10^9");
  replace_all(text, "trillion", "*10^12");
  for (const std::string_view unit : kUnits) remove_unit(text, unit);
  remove_around_blanks(text, "^", "\\circ");
}

}  // namespace

std::string normalize_plain(std::string_view answer) {
  std::string text(answer);
  remove_text(text);
  remove_words(text);
  if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
  for (size_t at = text.find(",\\!"); at != kNowhere; at = text.find(",\\!", at))
    text.erase(at, std::min(text.find_first_not_of(' ', at + 3), text.size()) - at);
  double value = 0;
  if (parse_python_float(text, value) && is_near_integer(value)) text = integer_text(std::nearbyint(value));
  if (text.find('\\') != kNowhere)
    if (auto plain = latex_as_text(text)) text = *std::move(plain);
  join_minus(text);
  add_mixed_numbers(text);
  std::erase_if(text, [](char c) { return c == ' ' || c == '{' || c == '}'; });
  text = lower(text);
  if (is_integer_text(text)) {
    std::erase(text, ',');
    parse_python_float(text, value);
    text = integer_text(std::trunc(value));
  }
  return text;
}

std::string strip_thousands(std::string_view text) {
  std::string stripped(text);
  if (text.find(',') == kNowhere) return stripped;
  while (auto next = without_thousands_once(stripped)) stripped = *std::move(next);
  return stripped;
}

bool parse_python_float(std::string_view text, double& value) {
  text = strip(text);
  if (text.empty()) return false;
  std::string plain;
  plain.reserve(text.size());
  bool after_digit = false;
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint point = decode_utf8(rest);
    rest.remove_prefix(point.size);
    if (is_digit(point.value)) {
      plain += static_cast<char>('0' + digit_value(point.value));
      after_digit = true;
    } else if (point.value == '_') {
      if (!after_digit || rest.empty() || !is_digit(decode_utf8(rest).value)) return false;
    } else {
      if (point.value >= 0x80 || point.value == 0) return false;
      plain += static_cast<char>(point.value);
      after_digit = false;
    }
  }
  size_t at = plain[0] == '-' || plain[0] == '+';
  const std::string word = lower(std::string_view(plain).substr(at));
  if (word == "inf" || word == "infinity" || word == "nan") {
    value = word == "nan" ? NAN : plain[0] == '-' ? -HUGE_VAL : HUGE_VAL;
    return true;
  }
  const auto skip_digits = [&] {
    const size_t begin = at;
    while (at < plain.size() && is_ascii_digit(plain[at])) ++at;
    return at - begin;
  };
  size_t digits = skip_digits();
  if (at < plain.size() && plain[at] == '.') {
    ++at;
    digits += skip_digits();
  }
  if (digits == 0) return false;
  if (at < plain.size() && (plain[at] == 'e' || plain[at] == 'E')) {
    ++at;
    if (at < plain.size() && (plain[at] == '-' || plain[at] == '+')) ++at;
    if (skip_digits() == 0) return false;
  }
  if (at != plain.size()) return false;
  value = std::strtod(plain.c_str(), nullptr);
  return true;
}

bool is_integer_text(std::string_view text) {
  double value = 0;
  return parse_python_float(strip_thousands(text), value) && is_near_integer(value);
}

}  // namespace hrm::grading
