#include "grading/unit_spelling.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/text_edit.h"
#include "grading/units.h"

namespace hrm::grading {
namespace {

// x^{2} as x^2.
std::string with_plain_exponents(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    const bool braced = rest.size() >= 4 && rest.starts_with("^{") && is_ascii_digit(rest[2]) && rest[3] == '}' &&
                        (rest.size() == 4 || !is_ascii_digit(rest[4]));
    if (braced && i > 0 && (is_ascii_letter(text[i - 1]) || text[i - 1] == '}')) {
      plain.append("^").append(1, rest[2]);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// The name within \text{..}, or the bare one.
std::string_view bare_unit(std::string_view text) { return strip(unwrapped(text)); }

bool is_unit_with_power(std::string_view text) {
  if (text.size() > 2 && text[text.size() - 2] == '^') text = bare_unit(text.substr(0, text.size() - 2));
  return is_unit_word(text);
}

// "\frac{m}{s^2}" at the end, of two units.
std::optional<std::string> without_unit_fraction(std::string_view text) {
  const size_t macro = text.rfind("\\frac{");
  if (macro == kNowhere || macro == 0) return std::nullopt;
  const size_t above = group_end(text, macro + 5);
  if (above == kNowhere || above >= text.size() || text[above] != '{' || group_end(text, above) != text.size())
    return std::nullopt;
  const std::string_view top = bare_unit(text.substr(macro + 6, above - macro - 7));
  const std::string_view bottom = bare_unit(text.substr(above + 1, text.size() - above - 2));
  if (!is_unit_with_power(top) || !is_unit_with_power(bottom)) return std::nullopt;
  // 5\frac{m}{s} may be a product.
  const bool in_text = text.find("\\text{", macro) != kNowhere;
  if (!in_text && text[macro - 1] != ' ') return std::nullopt;
  std::string below(bottom);
  for (const std::string_view mark : {"\\text{", "}", " "}) replace_all(below, mark, "");
  return std::string(strip_right(text.substr(0, macro))) + " " + std::string(top) + "/" + below;
}

// "m s^{-1}" at the end, "\text{m} * \text{s}^{-2}".
std::optional<std::string> without_negative_power(std::string_view text) {
  const size_t caret = text.rfind('^');
  if (caret == kNowhere) return std::nullopt;
  const std::string_view power = unwrapped(text.substr(caret + 1));
  if (power.size() != 2 || power[0] != '-' || power[1] < '1' || power[1] > '3') return std::nullopt;
  std::string_view before = strip_right(text.substr(0, caret)), below;
  if (const size_t macro = before.rfind("\\text{"); before.ends_with('}') && macro != kNowhere) {
    below = before.substr(macro + 6, before.size() - macro - 7);
    before = before.substr(0, macro);
  } else {
    size_t begin = before.size();
    while (begin > 0 && is_ascii_letter(before[begin - 1])) --begin;
    below = before.substr(begin);
    before = before.substr(0, begin);
  }
  before = strip_right(before);
  if (before.ends_with('*')) before = strip_right(before.substr(0, before.size() - 1));
  // What stands before is a unit, too.
  std::string_view above = before;
  if (above.ends_with('}') && above.rfind("\\text{") != kNowhere) {
    above = above.substr(above.rfind("\\text{") + 6);
    above.remove_suffix(1);
  } else {
    size_t begin = above.size();
    while (begin > 0 && is_ascii_letter(above[begin - 1])) --begin;
    above = above.substr(begin);
  }
  if (!is_unit_word(below) || !is_unit_word(above)) return std::nullopt;
  before.remove_suffix(before.ends_with('}') ? above.size() + 7 : above.size());
  std::string plain = std::string(strip_right(before)) + " " + std::string(above) + "/" + std::string(below);
  if (power[1] != '1') plain.append("^").append(1, power[1]);
  return plain;
}

}  // namespace

std::string plain_units(std::string_view text) {
  std::string plain = text.find("^{") == kNowhere ? std::string(text) : with_plain_exponents(text);
  if (auto divided = without_unit_fraction(plain)) return *std::move(divided);
  if (auto divided = without_negative_power(plain)) return *std::move(divided);
  replace_all(plain, "/s/s", "/s^2");
  return plain;
}

}  // namespace hrm::grading
