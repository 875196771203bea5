#include "grading/other_readings.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/text_edit.h"
#include "grading/value_equality.h"

namespace hrm::grading {
namespace {

bool has_part(std::string_view text, std::string_view part) { return text.find(part) != kNowhere; }

size_t behind_digits(std::string_view text, size_t at) {
  while (at < text.size() && is_ascii_digit(text[at])) ++at;
  return at;
}

// What stands behind a label with a colon ("x: 5", "Area: 12"), which may be a ratio, too; empty: there is none.
std::string_view behind_colon(std::string_view text) {
  const size_t colon = find_outside(text, ":");
  if (colon == kNowhere || find_outside(text, ":", colon + 1) != kNowhere || is_number(strip(text.substr(0, colon))))
    return {};
  return strip(text.substr(colon + 1));
}

bool is_alone(std::string_view text, size_t at) {
  return (at == 0 || !is_ascii_letter(text[at - 1])) && (at + 1 == text.size() || !is_ascii_letter(text[at + 1]));
}

// One letter that is no part of a longer name, as another.
std::string with_letter(std::string_view text, char from, char to) {
  std::string result(text);
  for (size_t at = 0; at < text.size(); ++at)
    if (text[at] == from && is_alone(text, at)) result[at] = to;
  return result;
}

bool has_letter(std::string_view text, char letter) {
  for (size_t at = text.find(letter); at != kNowhere; at = text.find(letter, at + 1))
    if (is_alone(text, at)) return true;
  return false;
}

// 2\pi n and 2\pi k, x^2+C and x^2+K.
bool may_have_other_letters(std::string_view given, std::string_view gold, const EqualAnswers& equal) {
  for (const std::string_view letters : {"nkml", "CcK"})
    for (const char a : letters)
      for (const char b : letters)
        if (a != b && has_letter(given, a) && has_letter(gold, b) && !has_letter(gold, a) && !has_letter(given, b) &&
            equal(with_letter(given, a, b), gold))
          return true;
  return false;
}

// "3,5" with a point, and ';' between elements as a comma; empty: no comma is one of decimals. 1,234 is a number of
// thousands, and (3,5) has two elements where no ';' separates others.
std::string with_decimal_points(std::string_view raw) {
  std::string plain;
  bool any = false;
  if (raw.find_first_of("([") != kNowhere && !has_part(raw, ";")) return plain;
  for (size_t at = 0; at < raw.size();) {
    if (!is_ascii_digit(raw[at])) {
      plain += raw[at] == ';' ? ',' : raw[at];
      ++at;
      continue;
    }
    const size_t comma = std::min(raw.find_first_not_of("0123456789.", at), raw.size());
    const size_t end = comma < raw.size() && raw[comma] == ',' ? behind_digits(raw, comma + 1) : comma;
    const size_t decimals = end - std::min(comma + 1, end);
    const bool several = end < raw.size() && raw[end] == ',' && end + 1 < raw.size() && is_ascii_digit(raw[end + 1]);
    std::string whole(raw.substr(at, comma - at));
    const bool thousands = decimals == 3 && whole != "0" && !has_part(whole, ".");
    if (decimals == 0 || several || thousands) {
      plain += raw.substr(at, end - at);
    } else {
      std::erase(whole, '.');
      plain.append(whole).append(".").append(raw.substr(comma + 1, decimals));
      any = true;
    }
    at = end;
  }
  return any ? plain : std::string();
}

bool may_have_decimal_commas(const WrittenAnswer& given, const WrittenAnswer& gold, const EqualAnswers& equal) {
  const auto readings = [](const WrittenAnswer& answer) {
    std::vector<std::string> texts{answer.spelling.text};
    const std::string pointed = with_decimal_points(answer.raw);
    if (!pointed.empty()) texts.push_back(one_spelling(pointed).text);
    return texts;
  };
  const auto a = readings(given), b = readings(gold);
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < b.size(); ++j)
      if (i + j > 0 && equal(a[i], b[j])) return true;
  return false;
}

// "2-3/4 inches" as 2 3/4 inches; empty: it does not begin so.
std::string with_mixed_number(std::string_view text) {
  const size_t whole = behind_digits(text, 0);
  if (whole == 0 || whole >= text.size() || text[whole] != '-') return {};
  const size_t above = behind_digits(text, whole + 1);
  if (above == whole + 1 || above >= text.size() || text[above] != '/') return {};
  return std::string(text.substr(0, whole)) + ' ' + std::string(text.substr(whole + 1));
}

// 12/25/2020, 25.12.2020 and 2020-12-25; the year first, then the other two in their order.
std::optional<std::array<int, 3>> date_of(std::string_view text) {
  std::array<int, 3> parts{};
  std::array<size_t, 3> sizes{};
  char mark = 0;
  for (size_t i = 0; i < 3; ++i) {
    const size_t end = behind_digits(text, 0);
    if (end == 0 || end > 4) return std::nullopt;
    sizes[i] = end;
    parts[i] = std::stoi(std::string(text.substr(0, end)));
    text.remove_prefix(end);
    if (i == 2) break;
    if (text.empty() || std::string_view("/-.").find(text[0]) == kNowhere || (mark != 0 && text[0] != mark))
      return std::nullopt;
    mark = text[0];
    text.remove_prefix(1);
  }
  if (!text.empty() || (sizes[0] == 4) == (sizes[2] == 4)) return std::nullopt;
  if (sizes[2] == 4) std::swap(parts[0], parts[2]);
  const int least = std::min(parts[1], parts[2]), most = std::max(parts[1], parts[2]);
  return least >= 1 && least <= 12 && most <= 31 ? std::optional(std::array{parts[0], least, most}) : std::nullopt;
}

}  // namespace

bool may_be_equal(const WrittenAnswer& given, const WrittenAnswer& gold, const EqualAnswers& equal) {
  const std::string_view x = given.spelling.text, y = gold.spelling.text;
  const auto has_percent = [](std::string_view text) { return has_part(text, "%") || has_part(text, "percent"); };
  if ((has_part(x, ":") && has_percent(y)) || (has_part(y, ":") && has_percent(x))) return true;
  if (const auto a = date_of(strip(given.raw)), b = date_of(strip(gold.raw)); a && a == b) return true;
  const std::string_view a = behind_colon(x), b = behind_colon(y);
  if (a.empty() != b.empty() && equal(a.empty() ? x : a, b.empty() ? y : b)) return true;
  const bool i_and_j = (has_letter(x, 'i') && has_letter(y, 'j')) || (has_letter(x, 'j') && has_letter(y, 'i'));
  if (i_and_j && equal(with_letter(x, 'j', 'i'), with_letter(y, 'j', 'i'))) return true;
  const std::string mixed_x = with_mixed_number(x), mixed_y = with_mixed_number(y);
  if ((!mixed_x.empty() && equal(mixed_x, y)) || (!mixed_y.empty() && equal(x, mixed_y))) return true;
  return may_have_other_letters(x, y, equal) || may_have_decimal_commas(given, gold, equal);
}

}  // namespace hrm::grading
